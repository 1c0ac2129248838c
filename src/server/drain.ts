/** The end of a server: waits for its connections and handlers, resets what is left when the time is over. */
import {performance} from 'node:perf_hooks';
import {startTimer} from '../loop/clock.js';
import type {DrainResult} from '../server-types.js';

/** What there is to wait for. */
export interface Draining {
	open(): ReadonlyArray<{abort(): void}>;
	/** Handlers that have not settled. */
	handlers(): number;
	/** The time is over: what holds back the news of ends that have come holds them back no longer. */
	letGo?(): void;
	/** They are waited for even when the time is over, as they are sure to come to their end. */
	readonly waitsForAll: boolean;
	/** It is over. */
	onDrained(result: DrainResult): void;
}

export class Drain {
	readonly #draining: Draining;
	readonly #total: number;
	#aborted = 0;
	#until = Infinity;
	#cancelTimer: (() => void) | undefined;
	#isOver = false;

	constructor(draining: Draining) {
		this.#draining = draining;
		this.#total = draining.open().length;
	}

	/** At the latest in `timeout` ms. The earliest call's time counts. */
	within(timeout: number): void {
		const until = performance.now() + timeout;
		if (this.#isOver || until >= this.#until) return;
		this.#until = until;
		this.#cancelTimer?.();
		if (timeout === 0) this.#abort();
		else
			this.#cancelTimer = startTimer(timeout, () => {
				this.#abort();
			});
	}

	/** A connection has ended, or a handler settled. */
	check(): void {
		if (this.#draining.handlers() === 0 && this.#draining.open().length === 0) this.#finish();
	}

	#abort(): void {
		const left = this.#draining.open();
		this.#aborted = left.length;
		for (const connection of left) connection.abort();
		this.#draining.letGo?.();
		if (this.#draining.waitsForAll) this.check();
		else this.#finish();
	}

	#finish(): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#cancelTimer?.();
		this.#draining.onDrained({drained: this.#total - this.#aborted, aborted: this.#aborted});
	}
}
