import type {Histogram} from './histogram.js';
import {drawHistogram} from './histogram-chart.js';
import type {Tally} from './tally.js';

/** A run that is over. */
export interface Outcome {
	readonly tally: Tally;
	/** From the first request to the last answer. */
	readonly elapsedMs: number;
	/** Absent where nobody has measured it. */
	readonly latencies?: Histogram | undefined;
	/** What the latencies are counted from, and the like: shown behind the figures. */
	readonly notes: readonly string[];
}

/** For people. Ends with a line end. */
export function formatOutcome({tally, elapsedMs, latencies, notes}: Outcome): string {
	const {ok, wrong, noSolution, tooBusy} = tally.counts;
	const seconds = elapsedMs / 1000;
	const lines = [
		`${integer(tally.answers)} answers in ${seconds.toFixed(3)} s: ${integer(rateOf(tally, elapsedMs))} per second`,
		`ok ${integer(ok)}, wrong ${integer(wrong)}, NoSolution ${integer(noSolution)}, ServerTooBusy ${integer(tooBusy)}, lost ${integer(tally.lost)}`,
	];
	if (latencies !== undefined && latencies.count > 0) {
		const {p50, p90, p99, max} = figuresOf(latencies);
		lines.push(
			`latency: p50 ${milliseconds(p50)}, p90 ${milliseconds(p90)}, p99 ${milliseconds(p99)}, max ${milliseconds(max)}`,
		);
	}

	const chart = latencies === undefined ? '' : drawHistogram(latencies);
	return `${[...lines, ...notes].join('\n')}\n${chart}`;
}

/** For programs: one line. Latencies are in ms; `cpu` is what the run has cost this process. */
export function formatJson({tally, elapsedMs, latencies}: Outcome, {user, system}: NodeJS.CpuUsage): string {
	const {counts, answers, lost, failures} = tally;
	const latencyMs = latencies === undefined || latencies.count === 0 ? undefined : figuresOf(latencies);
	return `${JSON.stringify({
		answers,
		...counts,
		lost,
		failures,
		seconds: elapsedMs / 1000,
		perSecond: rateOf(tally, elapsedMs),
		latencyMs,
		cpuSeconds: (user + system) / 1e6,
	})}\n`;
}

/** What has gone wrong, a line each. */
export function formatFaults({faults, moreFaults}: Tally): string {
	const more = moreFaults > 0 ? [`... and ${integer(moreFaults)} more of the kind`] : [];
	return [...faults, ...more].map(line => `${line}\n`).join('');
}

/** Ms. */
function figuresOf(latencies: Histogram): Record<'p50' | 'p90' | 'p99' | 'max', number> {
	return {
		p50: latencies.percentile(0.5),
		p90: latencies.percentile(0.9),
		p99: latencies.percentile(0.99),
		max: latencies.max,
	};
}

function rateOf({answers}: Tally, elapsedMs: number): number {
	return elapsedMs > 0 ? answers / (elapsedMs / 1000) : 0;
}

function integer(value: number): string {
	return Math.round(value).toLocaleString('en-US');
}

function milliseconds(value: number): string {
	return `${value.toFixed(3)} ms`;
}
