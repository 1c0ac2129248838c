import {Histogram} from './histogram.js';

/** Seconds that the rate is taken over. */
export const rateSpan = 5;

/** Where the numbers of one thread are. */
const places = {requests: 0, solved: 1, noSolution: 2, dropped: 3, bad: 4} as const;
const countCount = Object.keys(places).length;
const slots = rateSpan + 1;
/** Seconds, and behind them the requests of each. */
const secondsAt = countCount;
const inSecondAt = secondsAt + slots;
const histogramAt = inSecondAt + slots;

/** Milliseconds on a clock that all threads share. `performance.now()` of each begins with the thread. */
const offset = Number(process.hrtime.bigint()) / 1e6 - performance.now();
export function now(): number {
	return performance.now() + offset;
}

/** Counts what one thread does, in memory that other threads can read. */
export class Recorder {
	static readonly byteLength = (histogramAt + Histogram.size) * Float64Array.BYTES_PER_ELEMENT;

	readonly memory: SharedArrayBuffer;
	readonly latency: Histogram;
	readonly #numbers: Float64Array;

	/** `memory`: of another thread's. One that takes the place of a thread that has died counts on from there. */
	constructor(memory = new SharedArrayBuffer(Recorder.byteLength)) {
		this.memory = memory;
		this.#numbers = new Float64Array(memory);
		this.latency = new Histogram(this.#numbers.subarray(histogramAt));
	}

	/** The moment, for `onAnswer`. */
	onRequest(): number {
		const moment = now();
		this.#count(places.requests);
		const second = Math.floor(moment / 1000);
		const slot = second % slots;
		const isNew = this.#numbers[secondsAt + slot] !== second;
		if (isNew) this.#numbers[secondsAt + slot] = second;
		this.#numbers[inSecondAt + slot] = isNew ? 1 : (this.#numbers[inSecondAt + slot] as number) + 1;
		return moment;
	}

	onAnswer(start: number, solution: string | undefined): void {
		this.latency.add(now() - start);
		this.#count(solution === undefined ? places.noSolution : places.solved);
	}

	onDropped(): void {
		this.#count(places.dropped);
	}

	onBad(): void {
		this.#count(places.bad);
	}

	count(name: keyof typeof places): number {
		return this.#numbers[places[name]] as number;
	}

	/** Requests in the whole seconds from `second` on. */
	requestsSince(second: number): number {
		let sum = 0;
		for (let slot = 0; slot < slots; slot++)
			if ((this.#numbers[secondsAt + slot] as number) >= second)
				sum += this.#numbers[inSecondAt + slot] as number;
		return sum;
	}

	#count(place: number): void {
		this.#numbers[place] = (this.#numbers[place] as number) + 1;
	}
}
