import type {SenderStats} from './slow-reader.js';

/** Senders at work on one connection. */
export interface Sending {
	readonly stats: () => SenderStats;
	/** Resolves when all is sent, and the connection has ended in good order. */
	readonly done: Promise<void>;
}

/** The most bytes that were seen waiting. */
export class Peak {
	bytes = 0;

	see({pendingBytes}: SenderStats): void {
		this.bytes = Math.max(this.bytes, pendingBytes);
	}
}
