/** When the time of a graceful close is over: the earliest that anybody has asked for. */
import {deadlines} from '../loop/clock.js';
import {notQueued, type Deadline} from '../loop/deadlines.js';

/** Whose close it is. */
export interface Closing {
	onCloseDeadline(): void;
}

export class CloseDeadline implements Deadline {
	/** Ms on the scale of `performance.now()`. */
	when = Infinity;
	heapIndex: number = notQueued;
	order = 0;
	readonly #closing: Closing;

	constructor(closing: Closing) {
		this.#closing = closing;
	}

	/** Not later than `when`. */
	bring(when: number): void {
		if (when >= this.when) return;
		deadlines.remove(this);
		this.when = when;
		deadlines.add(this);
	}

	end(): void {
		deadlines.remove(this);
	}

	onDeadline(): void {
		this.#closing.onCloseDeadline();
	}
}
