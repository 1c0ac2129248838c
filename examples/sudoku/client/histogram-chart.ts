import type {Histogram} from './histogram.js';

const barWidth = 50;
const steps = [1, 2, 5] as const;
const smallestMicros = 10;
const decades = 9;

/** Ms: 0.01, 0.02, 0.05, 0.1 ... */
const edges: readonly number[] = Array.from({length: decades}, (_, decade) =>
	steps.map(step => (step * smallestMicros * 10 ** decade) / 1000),
).flat();

/** A row for each step of 1, 2, 5 between the smallest and the largest value, with a bar and a count. Ends with a line end; empty of nothing. */
export function drawHistogram(histogram: Histogram): string {
	const rows = [0, ...edges].map((from, index) => {
		const to = edges[index] ?? Infinity;
		return {from, to, count: histogram.countBetween(from, to)};
	});
	// What takes less than a microsecond stands with the smallest.
	const first = rows[0];
	if (first !== undefined) first.count = histogram.countBetween(-1, first.to);
	const start = rows.findIndex(({count}) => count > 0);
	const shown = start === -1 ? [] : rows.slice(start, rows.findLastIndex(({count}) => count > 0) + 1);
	const most = Math.max(...shown.map(({count}) => count));
	return shown.map(({from, to, count}) => drawRow(from, to, count, most)).join('');
}

function drawRow(from: number, to: number, count: number, most: number): string {
	const bar = '#'.repeat(count === 0 ? 0 : Math.max(1, Math.round((count / most) * barWidth)));
	const label = `${formatEdge(from).padStart(7)} to ${formatEdge(to).padStart(7)} ms`;
	return `${label} | ${bar.padEnd(barWidth)} ${count.toLocaleString('en-US')}\n`;
}

function formatEdge(ms: number): string {
	return ms === Infinity ? 'more' : String(ms);
}
