/**
 * Halves of connections whose share of a turn is used up wait here for the next one, in two lines, first come, first served. Who asks for much is told as
 * far as the turn's bytes go, and the others wait on without being asked: with a thousand senders of which sixteen get on in a turn, to ask all of them in
 * vain would cost more than to move the bytes. Who asks for little does not wait for those. Neither line takes longer than a turn may.
 */
import {performance} from 'node:perf_hooks';
import {native} from '../internal/addon.js';
import {control} from './layout.js';
import {controlWords} from './shared.js';
import {keepBytes, msPerTurn} from './turn-credit.js';

/** What waits, once at a time. */
export interface TurnWaiter {
	/** It has a turn; it may wait for another one. Runs no code of the user's and never throws. */
	onTurn(): void;
}

/** So many that have had their turn are dropped together. */
const mostServed = 1024;
/** So many are told between two looks at the clock. */
const waitersPerLook = 8;

class Line {
	readonly #waiters: TurnWaiter[] = [];
	#first = 0;

	get length(): number {
		return this.#waiters.length - this.#first;
	}

	push(waiter: TurnWaiter): void {
		this.#waiters.push(waiter);
	}

	/** As long as `hasMore` and the time of a turn allow. Who comes meanwhile waits for the next turn. */
	serve(hasMore: () => boolean): void {
		const end = this.#waiters.length;
		const until = performance.now() + msPerTurn;
		for (let count = 1; this.#first < end && hasMore(); count++) {
			(this.#waiters[this.#first++] as TurnWaiter).onTurn();
			if (count % waitersPerLook === 0 && performance.now() > until) break;
		}

		if (this.#first < this.#waiters.length && this.#first < mostServed) return;
		this.#waiters.splice(0, this.#first);
		this.#first = 0;
	}
}

const modest = new Line();
const greedy = new Line();

const always = (): boolean => true;
const areBytesLeft = (): boolean => (controlWords[control.creditBytes] as number) > 0;

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
	keepBytes(greedy.length > 0);
}

/** At the end of a batch. */
export function serveTurnWaiters(): void {
	modest.serve(always);
	keepBytes(false);
	greedy.serve(areBytesLeft);
	controlWords[control.waiters] = modest.length + greedy.length;
}
