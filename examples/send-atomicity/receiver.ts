import {byteOf, senderOf, type Plan} from './message.js';

/** Where a message was first interrupted by another one. Senders and messages from 1, the offset in the stream from 0. */
export interface Tear {
	readonly offset: number;
	readonly sender: number;
	readonly message: number;
	/** How far it had come. */
	readonly bytes: number;
	readonly by: number;
}

export interface Tally {
	readonly intact: number;
	readonly torn: number;
	readonly firstTear?: Tear;
}

/** What has come of one sender. */
interface Progress {
	message: number;
	bytes: number;
	isTorn: boolean;
}

/** Takes the stream apart and counts. Bytes of one sender that are lost or out of order are an error, torn or not. */
export class Receiver {
	readonly #plan: Plan;
	readonly #senders: Progress[];
	#offset = 0;
	#last = 0;
	#intact = 0;
	#torn = 0;
	#firstTear: Tear | undefined;

	constructor(plan: Plan) {
		this.#plan = plan;
		this.#senders = Array.from({length: plan.senders}, () => ({message: 0, bytes: 0, isTorn: false}));
	}

	add(chunk: Uint8Array): void {
		for (let at = 0; at < chunk.length;) {
			const byte = chunk[at] as number;
			let end = at + 1;
			while (end < chunk.length && chunk[end] === byte) end++;
			this.#addRun(byte, end - at);
			at = end;
		}
	}

	/** All has come. */
	finish(): Tally {
		const expected = this.#plan.senders * this.#plan.messages;
		if (this.#intact + this.#torn !== expected) {
			throw new Error(`${this.#intact + this.#torn} messages have come instead of ${expected}`);
		}

		const counts = {intact: this.#intact, torn: this.#torn};
		return this.#firstTear === undefined ? counts : {...counts, firstTear: this.#firstTear};
	}

	#addRun(byte: number, length: number): void {
		const sender = senderOf(byte);
		const progress = this.#senders[sender];
		if (progress === undefined || byte !== byteOf(sender, progress.message)) {
			throw new Error(`a byte ${byte} at ${this.#offset} is no part of the message that is due`);
		}

		if (sender !== this.#last) this.#interrupt(sender);
		this.#last = sender;
		this.#offset += length;
		progress.bytes += length;
		if (progress.bytes > this.#plan.size) throw new Error(`a message before ${this.#offset} is too long`);
		if (progress.bytes === this.#plan.size) this.#complete(progress);
	}

	/** Bytes of `by` follow those of the last one: has that been in the middle of a message? */
	#interrupt(by: number): void {
		const sender = this.#last;
		const progress = this.#senders[sender] as Progress;
		const {message, bytes} = progress;
		if (bytes === 0) return;
		progress.isTorn = true;
		this.#firstTear ??= {offset: this.#offset, sender: sender + 1, message: message + 1, bytes, by: by + 1};
	}

	#complete(progress: Progress): void {
		if (progress.isTorn) this.#torn++;
		else this.#intact++;
		progress.message++;
		progress.bytes = 0;
		progress.isTorn = false;
	}
}
