/** Timers on the loop's timerfd. */
import {performance} from 'node:perf_hooks';
import {native} from '../internal/addon.js';
import {control, sweepTimerSlot} from './layout.js';
import {controlDoubles} from './shared.js';
import {DeadlineQueue} from './deadlines.js';

const callbacks = new Map<number, () => void>();

/** Ids are what native code gives: generation times this, plus the slot. */
const timerSlots = 2 ** 22;

/** Calls back after `ms`, never early. Returns what cancels it. Does not keep the process alive by itself. */
export function startTimer(ms: number, callback: () => void): () => void {
	const id = native.startTimer(ms);
	callbacks.set(id, callback);
	return () => {
		if (callbacks.delete(id)) native.cancelTimer(id);
	};
}

let sweep: (() => void) | undefined;

/** Native code tells that connections have been blocked for a while. */
export function onSweepTimer(callback: () => void): void {
	sweep = callback;
}

/** The loop tells that a timer has fired. */
export function onTimer(slot: number, generation: number): void {
	if (slot === sweepTimerSlot) {
		sweep?.();
		return;
	}

	const id = generation * timerSlots + slot;
	const callback = callbacks.get(id);
	callbacks.delete(id);
	callback?.();
}

/** Deadlines under one timer of the loop; `when` is on the scale of `performance.now()`. */
export function makeDeadlineQueue(onTimer: (queue: DeadlineQueue) => void): DeadlineQueue {
	let cancelArmed: (() => void) | undefined;
	const queue: DeadlineQueue = new DeadlineQueue(when => {
		cancelArmed?.();
		cancelArmed = startTimer(Math.max(0, when - performance.now()), () => {
			cancelArmed = undefined;
			onTimer(queue);
		});
	});
	return queue;
}

/** From CLOCK_MONOTONIC to the scale of `performance.now()`. Rounded so that a time converted is not later than it was. */
const clockOffset = ((before: number): number => native.now() - before)(performance.now());

/** When the poller returned for the batch under way, or the last one, on the scale of `performance.now()`. */
export function turnStart(): number {
	return (controlDoubles[control.turnStart / 2] as number) - clockOffset;
}
