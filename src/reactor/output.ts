/** The output of a reactor connection: what is written at once, what is queued, and what the handlers hear of it. */
import type {ConnectionLimits} from '../connection/limits.js';
import type {Link} from '../connection/link.js';
import type {SendClock} from '../connection/send-clock.js';
import {control, smallChunkBytes} from '../loop/layout.js';
import {controlWords} from '../loop/shared.js';
import {byteLengthOf} from '../validate.js';

/** What they mean is told in the options. */
export interface OutputLimits extends ConnectionLimits {
	/** Bytes. */
	readonly highWaterMark: number;
}

/** Who wants to know. Nothing here runs code of the user's. */
export interface OutputObserver {
	/** Only with a `sendTimeout`. */
	readonly sendClock: SendClock | undefined;
	/** All that was sent is in the kernel, or will be at the end of the turn. */
	onOutputEmpty(): void;
	onHighWater(bytes: number): void;
	/** More than the limit is queued. */
	onTooMuch(bytes: number): void;
}

export class Output {
	readonly #link: Link;
	readonly #limits: OutputLimits;
	readonly #observer: OutputObserver;
	#isHigh = false;
	#whenWritable: (() => void) | undefined;

	constructor(link: Link, limits: OutputLimits, observer: OutputObserver) {
		this.#link = link;
		this.#limits = limits;
		this.#observer = observer;
	}

	/** Bytes that the kernel has not taken. */
	queuedBytes(): number {
		return this.#link.isReleased ? 0 : Math.max(0, this.#link.outputBytes());
	}

	/** Within a batch small messages are gathered and written when it is over. false: send it. */
	post(bytes: Uint8Array): boolean {
		const length = byteLengthOf(bytes);
		if (length === 0 || length >= smallChunkBytes || (controlWords[control.batch] as number) === 0) return false;
		if (this.#link.isBlocked || !(this.#observer.sendClock ?? this.#link).post(bytes, length)) return false;
		this.#observer.onOutputEmpty();
		return true;
	}

	/** One message. An error that is found on the way is told by the connection's end. */
	send(pieces: readonly Uint8Array[]): void {
		const link = this.#link;
		if (link.isBlocked && this.#isTooMuch()) return;
		const clock = this.#observer.sendClock;
		clock?.beforeSend();
		let queued = 0;
		for (const piece of pieces) {
			queued = link.writeAll(piece);
			if (queued < 0) return;
		}

		clock?.afterSend(pieces.reduce((sum, piece) => sum + byteLengthOf(piece), 0));

		if (queued === 0) this.#observer.onOutputEmpty();
		else this.#look(queued);
	}

	/** The kernel has taken all. */
	onWritable(): void {
		this.#isHigh = false;
		this.#observer.sendClock?.look();
		this.#observer.onOutputEmpty();
		const callback = this.#whenWritable;
		this.#whenWritable = undefined;
		callback?.();
	}

	/** Once, when the kernel has taken all; one at a time. Runs no code of the user's. */
	whenWritable(callback: () => void): void {
		this.#whenWritable = callback;
	}

	#isTooMuch(): boolean {
		const queued = this.queuedBytes();
		if (queued <= this.#limits.highWaterMark) this.#isHigh = false;
		if (queued <= this.#limits.maxPendingBytes) return false;
		this.#observer.onTooMuch(queued);
		return true;
	}

	#look(queued: number): void {
		if (this.#isHigh || queued <= this.#limits.highWaterMark) return;
		this.#isHigh = true;
		this.#observer.onHighWater(queued);
	}
}
