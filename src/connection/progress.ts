/** Tells a callback of the user's how far a file has come, later than the call that moved it and once for all of a turn. */
import {AsyncResource} from 'node:async_hooks';

export type ProgressCallback = (sent: number, total: number) => void;

export class Progress {
	readonly #tell: ProgressCallback;
	#sent = 0;
	#total = 0;
	#isPending = false;
	#isOver = false;

	/** `callback` runs in the async context of this call. */
	constructor(callback: ProgressCallback) {
		this.#tell = AsyncResource.bind(callback);
	}

	report(sent: number, total: number): void {
		this.#sent = sent;
		this.#total = total;
		if (this.#isPending) return;
		this.#isPending = true;
		// What it throws is an uncaughtException, and nothing else stops.
		queueMicrotask(() => {
			this.#isPending = false;
			if (!this.#isOver) this.#tell(this.#sent, this.#total);
		});
	}

	/** The call has been rejected: nothing more is told. */
	stop(): void {
		this.#isOver = true;
	}
}
