/**
 * Deadlines of calls and connections. They are looked at when everything else of the batch has been told, so that what has come in it
 * still counts, and no longer than a slice per turn.
 */
import {performance} from 'node:perf_hooks';
import {makeDeadlineQueue} from './clock.js';
import type {DeadlineQueue} from './deadlines.js';
import {tellLast, type Teller} from './dispatch.js';
import {beginSlice} from './slices.js';

export const deadlines: DeadlineQueue = makeDeadlineQueue(() => {
	tellLast(expirer);
});

const expirer: Teller = {
	resource: undefined,
	tell: () => {
		const now = performance.now();
		deadlines.expire(now, beginSlice(deadlines.next() ?? now));
	},
};
