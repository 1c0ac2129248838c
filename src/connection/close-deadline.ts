/** When the time of a graceful close is over: the earliest that anybody has asked for. */
import {deadlines} from '../loop/call-deadlines.js';
import {Deadline} from '../loop/deadlines.js';

/** Whose close it is. */
export interface Closing {
	onCloseDeadline(): void;
}

export class CloseDeadline {
	readonly #closing: Closing;
	#deadline: Deadline | undefined;

	constructor(closing: Closing) {
		this.#closing = closing;
	}

	/** Not later than `when`, ms on the scale of `performance.now()`. */
	bring(when: number): void {
		if (when >= (this.#deadline?.when ?? Infinity)) return;
		this.end();
		this.#deadline = new Deadline(when, this);
		deadlines.add(this.#deadline);
	}

	end(): void {
		if (this.#deadline === undefined) return;
		deadlines.remove(this.#deadline);
		this.#deadline.forget();
	}

	onDeadline(): void {
		this.#closing.onCloseDeadline();
	}
}
