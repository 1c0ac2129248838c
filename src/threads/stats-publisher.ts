/** Tells the other threads the counters of this one: as soon as they change, and the bytes of open connections now and then. */
import {performance} from 'node:perf_hooks';
import {startTimer} from '../loop/clock.js';
import type {ServerStats} from '../server-types.js';
import {StatsCounter, type Counted} from '../server/server-stats.js';
import {SharedStats} from './shared-stats.js';

const sweepEveryMs = 100;
/** Looking at all connections takes at most so large a part of the thread's time. */
const sweepShare = 0.02;

/** What is told: the server of this thread. */
export interface Published {
	readonly stats: ServerStats;
	readonly connections: ReadonlySet<unknown>;
}

class PublishedCounter extends StatsCounter {
	readonly #onEnd: (ended: Counted) => void;

	constructor(onEnd: (ended: Counted) => void) {
		super();
		this.#onEnd = onEnd;
	}

	override countEnd(ended: Counted): void {
		super.countEnd(ended);
		this.#onEnd(ended);
	}
}

export class StatsPublisher {
	/** For the server of this thread. */
	readonly counter: StatsCounter = new PublishedCounter(ended => {
		this.#onEnd(ended);
	});
	/** Of the threads that had this place before. */
	readonly past: ServerStats;
	readonly #shared: SharedStats;
	readonly #pastNumbers: Float64Array;
	#server: Published | undefined;
	#isStale = false;
	#isSweeping = false;
	/** Of open connections, as last seen. */
	#openBytesRead = 0;
	#openBytesWritten = 0;

	constructor(memory: SharedArrayBuffer) {
		this.#shared = new SharedStats(memory);
		this.past = this.#shared.read();
		this.#pastNumbers = this.#shared.copy();
	}

	begin(server: Published): void {
		this.#server = server;
	}

	/** Something has been counted. Told in a microtask, once for all that happens before it. */
	touch(): void {
		if (this.#isStale) return;
		this.#isStale = true;
		queueMicrotask(() => {
			this.#isStale = false;
			this.#publish();
		});
		this.#sweepLater(sweepEveryMs);
	}

	/** Everything as it is now. */
	sweep(): void {
		if (this.#server === undefined) return;
		const all = this.#server.stats;
		const ended = this.counter.snapshot([]);
		this.#openBytesRead = all.bytesRead - ended.bytesRead;
		this.#openBytesWritten = all.bytesWritten - ended.bytesWritten;
		this.#publish();
	}

	#onEnd({info}: Counted): void {
		// Its bytes have become part of the ended ones': the sum does not change until the next look.
		this.#openBytesRead = Math.max(0, this.#openBytesRead - (info?.bytesRead ?? 0));
		this.#openBytesWritten = Math.max(0, this.#openBytesWritten - (info?.bytesWritten ?? 0));
		this.touch();
	}

	#publish(): void {
		const own = this.counter.snapshot([]);
		this.#shared.writeOnTop(this.#pastNumbers, {
			...own,
			open: this.#server?.connections.size ?? 0,
			bytesRead: own.bytesRead + this.#openBytesRead,
			bytesWritten: own.bytesWritten + this.#openBytesWritten,
		});
	}

	#sweepLater(delay: number): void {
		if (this.#isSweeping) return;
		this.#isSweeping = true;
		startTimer(delay, () => {
			this.#isSweeping = false;
			const begin = performance.now();
			this.sweep();
			const cost = performance.now() - begin;
			if ((this.#server?.connections.size ?? 0) > 0) this.#sweepLater(Math.max(sweepEveryMs, cost / sweepShare));
		});
	}
}
