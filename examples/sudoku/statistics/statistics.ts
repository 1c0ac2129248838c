import {Histogram} from './histogram.js';

/** Seconds that the rate is taken over. */
const rateSpan = 5;

/** Numbers at one moment; times are microseconds. */
export interface Snapshot {
	readonly uptimeSeconds: number;
	/** Well-formed ones, answered or not. */
	readonly requests: number;
	readonly solved: number;
	readonly noSolution: number;
	/** Answered with ServerTooBusy. */
	readonly dropped: number;
	/** Bad requests and ids that are too long. */
	readonly bad: number;
	/** Requests per second over the last seconds, and since the start. */
	readonly rate: number;
	readonly meanRate: number;
	/** From the whole line to its answer. */
	readonly latency: {readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number};
	readonly classes: ReadonlyArray<{readonly from: number; readonly to: number; readonly count: number}>;
}

/** Counts what a server does. */
export class Statistics {
	readonly #start = performance.now();
	readonly #latency = new Histogram();
	/** Requests by second, the last few. */
	readonly #seconds = new Float64Array(rateSpan + 1);
	#second = 0;
	#requests = 0;
	#solved = 0;
	#noSolution = 0;
	#dropped = 0;
	#bad = 0;

	/** The moment, for the two calls below. */
	onRequest(): number {
		const now = performance.now();
		this.#advance(now);
		this.#requests++;
		const slot = this.#second % this.#seconds.length;
		this.#seconds[slot] = (this.#seconds[slot] as number) + 1;
		return now;
	}

	onAnswer(start: number, solution: string | undefined): void {
		this.#latency.add(performance.now() - start);
		if (solution === undefined) this.#noSolution++;
		else this.#solved++;
	}

	onDropped(): void {
		this.#dropped++;
	}

	onBad(): void {
		this.#bad++;
	}

	snapshot(): Snapshot {
		const now = performance.now();
		this.#advance(now);
		const uptimeSeconds = (now - this.#start) / 1000;
		// Whole seconds before this one, and what there is of this one.
		const span = Math.min(uptimeSeconds, rateSpan + (uptimeSeconds % 1));
		const latency = this.#latency;
		return {
			uptimeSeconds,
			requests: this.#requests,
			solved: this.#solved,
			noSolution: this.#noSolution,
			dropped: this.#dropped,
			bad: this.#bad,
			rate: this.#seconds.reduce((sum, count) => sum + count, 0) / span,
			meanRate: this.#requests / uptimeSeconds,
			latency: {
				p50: latency.quantile(0.5),
				p90: latency.quantile(0.9),
				p99: latency.quantile(0.99),
				max: latency.max,
			},
			classes: latency.classes(),
		};
	}

	/** Seconds that have gone by are empty until they are counted in again. */
	#advance(now: number): void {
		const second = Math.floor((now - this.#start) / 1000);
		const gone = Math.min(second - this.#second, this.#seconds.length);
		for (let step = 0; step < gone; step++) this.#seconds[(second - step) % this.#seconds.length] = 0;
		this.#second = second;
	}
}
