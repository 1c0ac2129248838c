/** The loop of this thread as the reactor shows it: timers, functions for the next turn, counters. */
import {performance} from 'node:perf_hooks';
import {makeDeadlineQueue} from '../loop/clock.js';
import type {Waiting} from '../loop/deadlines.js';
import {connectionCount, tellAfterBatch, type Teller} from '../loop/dispatch.js';
import {hold, release} from '../loop/holders.js';
import {control} from '../loop/layout.js';
import {inNextTurn, queuedForNextTurn} from '../loop/next-turn.js';
import {controlWords} from '../loop/shared.js';
import {checkFunction, checkMilliseconds, invalidArgType, outOfRange} from '../validate.js';

/** Names one timer of the loop; opaque, never used twice. */
export interface TimerId {
	readonly kind: 'cotcp.timer';
}

/** Counters of the loop, as of now. */
export interface LoopStats {
	/** Wake-ups so far. */
	readonly iterations: number;
	/** Functions waiting for the next turn. */
	readonly queued: number;
	/** Timers armed with `runAt`, `runAfter` and `runEvery`. */
	readonly timers: number;
	/** Connections of both faces that are open. */
	readonly connections: number;
}

const longestDelay = 2 ** 53 - 1;
const fromZero = {zero: true};
const aboveZero = {zero: false};
// Their callbacks are the user's: they run when the whole batch has been handed out.
const timers = makeDeadlineQueue(() => {
	tellAfterBatch(timerTeller);
});
const timerTeller: Teller = {
	resource: undefined,
	tell: () => {
		timers.expire(performance.now());
	},
};
let isTimer: (value: unknown) => value is Timer;

class Timer implements Waiting, TimerId {
	when: number;
	order = 0;
	isQueued = false;
	/** 0: once. */
	readonly #interval: number;
	#callback: () => void;

	constructor(when: number, interval: number, callback: () => void) {
		this.when = when;
		this.#interval = interval;
		this.#callback = callback;
		hold();
		timers.add(this);
	}

	static {
		isTimer = (value): value is Timer => typeof value === 'object' && value !== null && #callback in value;
	}

	// eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would cost each of a million timers
	get kind(): 'cotcp.timer' {
		return 'cotcp.timer';
	}

	cancel(): boolean {
		if (!this.isQueued) return false;
		timers.remove(this);
		// It may stay in the queue for a while: its callback is let go.
		this.#callback = nothing;
		release();
		return true;
	}

	onDeadline(): void {
		if (this.#interval === 0) {
			release();
		} else {
			// Before the callback, which may cancel it. What was missed is skipped; the beat stays. No division: its result may be infinite.
			const late = performance.now() - this.when;
			this.when += late - (late % this.#interval) + this.#interval;
			timers.add(this);
		}

		this.#callback();
	}
}

function nothing(): void {
	// Of timers that were cancelled.
}

/**
 * The loop of this thread. Node drives it, so there is no `loop()` and no `quit()`.
 *
 * @example
 * ```ts
 * const loop = EventLoop.current();
 * const timer = loop.runEvery(1000, () => console.log(loop.stats));
 * loop.runAfter(10_000, () => loop.cancel(timer));
 * ```
 */
export class EventLoop {
	static readonly #current = new EventLoop();

	private constructor() {
		// One per thread.
	}

	/** The loop of this thread: always the same object. */
	static current(): EventLoop {
		return EventLoop.#current;
	}

	/** Milliseconds on the scale of `performance.now()`. */
	now(): number {
		return performance.now();
	}

	/**
	 * Calls back at `time` on the scale of `now()`, never early, equal times in the order of arming; a past time: in the next turn. Keeps the process alive
	 * until then. What a callback throws is an uncaughtException, as with setTimeout.
	 *
	 * @throws TypeError, RangeError for what is no finite number
	 */
	runAt(time: number, callback: () => void): TimerId {
		if (typeof time !== 'number') throw invalidArgType('time', 'a number of milliseconds', time);
		if (!Number.isFinite(time)) throw outOfRange('time', 'a finite number of milliseconds', time);
		return new Timer(time, 0, checkFunction('callback', callback));
	}

	/** Calls back after `delay` ms, from 0 to 2 ** 53 - 1; else as `runAt`. */
	runAfter(delay: number, callback: () => void): TimerId {
		return new Timer(performance.now() + checkDelay('delay', delay, true), 0, checkFunction('callback', callback));
	}

	/** Calls back every `interval` ms, more than 0 and up to 2 ** 53 - 1, first after one interval, without drift: periods missed are skipped. Else as `runAt`. */
	runEvery(interval: number, callback: () => void): TimerId {
		const period = checkDelay('interval', interval, false);
		return new Timer(performance.now() + period, period, checkFunction('callback', callback));
	}

	/** Returns true if the timer was armed, which it is no longer. Also inside a callback, its own included. @throws TypeError */
	cancel(timer: TimerId): boolean {
		if (!isTimer(timer)) throw invalidArgType('timer', 'a timer of this loop', timer);
		return timer.cancel();
	}

	/** Calls back now, as this is the loop's own thread. */
	runInLoop(callback: () => void): void {
		checkFunction<() => void>('callback', callback)();
	}

	/** Calls back in the next turn, in order. What it throws is an uncaughtException. */
	queueInLoop(callback: () => void): void {
		inNextTurn(checkFunction('callback', callback));
	}

	/** Counters as of now. */
	get stats(): LoopStats {
		return {
			iterations: controlWords[control.turn] as number,
			queued: queuedForNextTurn(),
			timers: timers.size,
			connections: connectionCount(),
		};
	}
}

function checkDelay(name: string, value: unknown, zero: boolean): number {
	const delay = checkMilliseconds(name, value, zero ? fromZero : aboveZero);
	if (delay > longestDelay) throw outOfRange(name, `at most ${longestDelay} ms`, value);
	return delay;
}
