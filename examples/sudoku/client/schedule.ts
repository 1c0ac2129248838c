/**
 * When requests are due: at ticks of equal length from a fixed start, so many at each that the rate is kept exactly over any stretch of time. It is fixed
 * beforehand: no answer that is late can put off a request, nor hide that it was put off.
 */
export class Schedule {
	/** Ms of `performance.now`. */
	readonly start: number;
	/** Requests in all. */
	readonly total: number;
	readonly #ratePerMs: number;
	readonly #tick: number;
	#nextTick = 0;
	#given = 0;

	/** Per second, ms, ms, ms. */
	constructor({rate, tick, duration, start}: ScheduleOptions) {
		this.start = start;
		this.#tick = tick;
		this.#ratePerMs = rate / 1000;
		this.total = Math.max(1, Math.round((rate * duration) / 1000));
	}

	get isOver(): boolean {
		return this.#given === this.total;
	}

	/** When the next tick is, in ms of `performance.now`. */
	get next(): number {
		return this.start + this.#nextTick * this.#tick;
	}

	/**
	 * The ticks that are due at `now` and not given yet, oldest first, each with the time at which it should have been sent and its number of requests, which may
	 * be none at a low rate. A generator that comes late is given all that it has missed.
	 */
	due(now: number): DueTick[] {
		const ticks: DueTick[] = [];
		while (!this.isOver && this.next <= now) {
			const at = this.next;
			this.#nextTick++;
			// All up to the end of this tick, rounded up: the first request is due at the start.
			const upTo = Math.min(this.total, Math.ceil(this.#nextTick * this.#tick * this.#ratePerMs - roundingError));
			ticks.push({at, requests: upTo - this.#given});
			this.#given = upTo;
		}

		return ticks;
	}
}

export interface ScheduleOptions {
	/** Requests per second. */
	readonly rate: number;
	/** Ms between two ticks. */
	readonly tick: number;
	/** Ms. */
	readonly duration: number;
	/** Ms of `performance.now`. */
	readonly start: number;
}

export interface DueTick {
	/** Ms of `performance.now`. */
	readonly at: number;
	readonly requests: number;
}

/** 5,000 per second in ticks of 1 ms is 5 each, not 6 now and then. */
const roundingError = 1e-6;
