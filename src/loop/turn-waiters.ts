/**
 * Halves of connections whose share of a turn is used up wait here for the next one. Who asks for little is told in the next turn in any case. Who asks
 * for much is told as far as the turn's bytes go, first come, first served, and the others wait on without being asked: with a thousand senders of
 * which sixteen get on in a turn, to ask all of them in vain would cost more than to move the bytes.
 */
import {native} from '../internal/addon.js';
import {control} from './layout.js';
import {controlWords} from './shared.js';
import {keepBytes} from './turn-credit.js';

/** What waits, once at a time. */
export interface TurnWaiter {
	/** It has a turn; it may wait for another one. Runs no code of the user's and never throws. */
	onTurn(): void;
}

let modest: TurnWaiter[] = [];
const greedy: TurnWaiter[] = [];
let firstGreedy = 0;

/** So many that have had their turn are dropped together. */
const mostServed = 1024;

/** `isBulk`: it will move so much that the turn's bytes count. */
export function waitForTurn(waiter: TurnWaiter, isBulk: boolean): void {
	(isBulk ? greedy : modest).push(waiter);
	const isFirst = controlWords[control.waiters] === 0;
	(controlWords[control.waiters] as number)++;
	// Behind a batch native code looks at the number itself.
	if (isFirst && controlWords[control.batch] === 0) native.wake();
}

/** At the beginning of a batch: nobody gets bytes before those who have stood in line for them. */
export function beginTurn(): void {
	keepBytes(firstGreedy < greedy.length);
}

/** At the end of a batch. Who comes meanwhile waits for the next one. */
export function serveTurnWaiters(): void {
	const all = modest;
	modest = [];
	for (const waiter of all) waiter.onTurn();
	keepBytes(false);
	const end = greedy.length;
	while (firstGreedy < end && (controlWords[control.creditBytes] as number) > 0)
		(greedy[firstGreedy++] as TurnWaiter).onTurn();
	if (firstGreedy === greedy.length || firstGreedy >= mostServed) {
		greedy.splice(0, firstGreedy);
		firstGreedy = 0;
	}

	controlWords[control.waiters] = modest.length + greedy.length - firstGreedy;
}
