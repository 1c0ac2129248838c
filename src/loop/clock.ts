/** Timers on the loop's timerfd, and the deadlines of calls under one of them. */
import {performance} from 'node:perf_hooks';
import {native} from '../internal/addon.js';
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

/** The loop tells that a timer has fired. */
export function onTimer(slot: number, generation: number): void {
	const id = generation * timerSlots + slot;
	const callback = callbacks.get(id);
	callbacks.delete(id);
	callback?.();
}

let cancelArmed: (() => void) | undefined;

/** Deadlines of calls; `when` is on the scale of `performance.now()`. */
export const deadlines: DeadlineQueue = new DeadlineQueue(when => {
	cancelArmed?.();
	cancelArmed = startTimer(Math.max(0, when - performance.now()), () => {
		cancelArmed = undefined;
		deadlines.expire(performance.now());
	});
});
