/** One half of a connection that waits for a turn with credit: the sender or the reader. */
import type {ConnectionTarget} from '../loop/dispatch.js';
import {waitForTurn, type TurnWaiter} from '../loop/turn-waiters.js';
import type {Link} from './link.js';

export class HalfTurn implements TurnWaiter {
	readonly #link: Link;
	readonly #target: ConnectionTarget;
	readonly #isSender: boolean;
	#isWaiting = false;

	constructor(link: Link, target: ConnectionTarget, isSender: boolean) {
		this.#link = link;
		this.#target = target;
		this.#isSender = isSender;
	}

	/** Once at a time: asked again, it keeps its place. */
	wait(isBulk: boolean): void {
		if (this.#isWaiting) return;
		this.#isWaiting = true;
		waitForTurn(this, isBulk);
	}

	onTurn(): void {
		this.#isWaiting = false;
		if (this.#link.isReleased) return;
		if (!this.#isSender) this.#target.onReadable();
		// Of a blocked one native code tells when it is writable.
		else if (!this.#link.isBlocked) this.#target.onWritable();
	}
}
