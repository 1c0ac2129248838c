import type {Snapshot} from './statistics.js';

const barWidth = 40;

/** `12 µs`, `3.4 ms`, `1.2 s`. */
export function formatMicroseconds(microseconds: number): string {
	if (microseconds < 1000) return `${microseconds} µs`;
	if (microseconds < 1_000_000) return `${(microseconds / 1000).toFixed(1)} ms`;
	return `${(microseconds / 1_000_000).toFixed(1)} s`;
}

function rateOf(perSecond: number): string {
	return perSecond < 10 ? perSecond.toFixed(1) : perSecond.toFixed(0);
}

function histogram({classes}: Snapshot): string[] {
	const most = Math.max(...classes.map(({count}) => count));
	return classes.map(({to, count}) => {
		const bar = '#'.repeat(Math.ceil((count / most) * barWidth));
		return `  up to ${formatMicroseconds(to).padStart(8)} ${String(count).padStart(10)} ${bar}`.trimEnd();
	});
}

/** All of it, for SIGUSR2, the exit and `--watch` on a terminal. */
export function formatReport(snapshot: Snapshot): string {
	const {uptimeSeconds, requests, solved, noSolution, dropped, bad, rate, meanRate, latency} = snapshot;
	const lines = [
		`uptime           ${uptimeSeconds.toFixed(1)} s`,
		`requests         ${requests}`,
		`solved           ${solved}`,
		`no solution      ${noSolution}`,
		`dropped          ${dropped}`,
		`bad              ${bad}`,
		`requests/s       ${rateOf(rate)} now, ${rateOf(meanRate)} on average`,
		`latency          p50 ${formatMicroseconds(latency.p50)}, p90 ${formatMicroseconds(latency.p90)}, ` +
			`p99 ${formatMicroseconds(latency.p99)}, max ${formatMicroseconds(latency.max)}`,
		...histogram(snapshot),
	];
	return `${lines.join('\n')}\n`;
}

/** One line, for `--watch` without a terminal. */
export function formatLine({requests, solved, noSolution, dropped, bad, rate, latency}: Snapshot): string {
	return (
		`requests ${requests} solved ${solved} no-solution ${noSolution} dropped ${dropped} bad ${bad} ` +
		`requests/s ${rateOf(rate)} p50 ${formatMicroseconds(latency.p50)} p99 ${formatMicroseconds(latency.p99)}\n`
	);
}
