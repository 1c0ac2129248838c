/** One call in the queue of a connection's writing half, and how far it has come. */
import type {TcpError} from '../errors.js';
import {smallChunkBytes} from '../loop/layout.js';
import {takeCredit} from '../loop/turn-credit.js';
import {byteLengthOf} from '../validate.js';
import type {Call} from './call.js';
import type {Link} from './link.js';

/**
 * Bytes of one write of a send, about what a socket's buffers take at once (the third number of tcp_wmem, tcp(7)): a peer that takes them as fast as they
 * come must not keep the loop for a gigabyte.
 */
export const mostPerWrite = 4 * 1024 * 1024;

/** What became of a step: done, wait for the connection to become writable, or minus errno. */
export type StepOutcome = 'done' | 'wait' | number;

export interface Writer {
	/** Bytes of this call that the kernel took. */
	readonly bytesSent: number;
	/** Bytes of this call that the kernel has not taken. */
	readonly bytesLeft: number;
	/** Those of them that are in memory before its turn, if not all are: the bytes of a file are not. */
	readonly bytesInMemory?: number;
	/** Of another thread: what waits of those is limited by whoever hands them in. */
	readonly isRemote?: boolean;
	/** What it calls, if that is not `write`. */
	readonly syscall?: string;
	/** As far as it goes now. `othersWait`: a later call has bytes as well. Throws if the caller's memory has gone, or its file. */
	step(link: Link, othersWait: boolean): StepOutcome;
	resolve(): void;
	reject(error: unknown): void;
	rejectEnd(error: TcpError): void;
}

/** It moves so much that the bytes of the turn count. A file may be of any size. */
export function isBulk({bytesLeft, bytesInMemory}: Writer): boolean {
	return bytesLeft >= smallChunkBytes || bytesInMemory !== undefined;
}

/** The part that is the same for all. */
export abstract class QueuedCall<T> {
	bytesSent = 0;
	bytesLeft = 0;
	protected result: T;

	constructor(
		private readonly call: Call<T>,
		result: T,
	) {
		this.result = result;
	}

	resolve(): void {
		this.call.resolve(this.result);
	}

	reject(error: unknown): void {
		this.call.reject(error);
	}

	rejectEnd(error: TcpError): void {
		this.call.rejectEnd(error);
	}
}

/** The memory of a send is gone or smaller than it was: what would go out is not the message. */
export function memoryGone(name = 'data'): TypeError {
	const message = `The memory given to "${name}" was detached or resized before all of it had been sent`;
	return Object.assign(new TypeError(message), {code: 'ERR_INVALID_ARG_TYPE'});
}

/** All bytes of one message. */
export class SendWriter extends QueuedCall<undefined> implements Writer {
	readonly #pieces: readonly Uint8Array[];
	readonly #lengths: readonly number[];
	#index = 0;
	#offset: number;

	readonly isRemote: boolean;
	readonly #isEager: boolean;

	/** The first `sent` bytes of the first piece have gone out already. `isEager`: all that the kernel takes goes out now. */
	constructor(call: Call<undefined>, pieces: readonly Uint8Array[], sent = 0, isRemote = false, isEager = false) {
		super(call, undefined);
		this.isRemote = isRemote;
		this.#isEager = isEager;
		this.#pieces = pieces;
		this.#lengths = pieces.map(piece => byteLengthOf(piece));
		this.#offset = sent;
		this.bytesSent = sent;
		this.bytesLeft = this.#lengths.reduce((sum, length) => sum + length, 0) - sent;
	}

	step(link: Link, othersWait: boolean): StepOutcome {
		while (this.bytesLeft > 0) {
			const piece = this.#pieces[this.#index] as Uint8Array;
			const length = this.#lengths[this.#index] as number;
			if (byteLengthOf(piece) !== length) throw memoryGone();
			const rest = length - this.#offset;
			if (rest > 0) {
				const most = this.#isEager ? rest : Math.min(rest, mostPerWrite);
				const sent = link.write(piece, this.#offset, most, othersWait || most < this.bytesLeft);
				if (sent < 0) return sent;
				this.bytesSent += sent;
				this.bytesLeft -= sent;
				this.#offset += sent;
				link.creditBytes += sent;
				if (sent < rest) {
					if (link.isBlocked) return 'wait';
					if (this.#isEager || takeCredit(link, true)) continue;
					link.waitForTurn(true, true);
					return 'wait';
				}
			}

			this.#index++;
			this.#offset = 0;
		}

		return 'done';
	}
}

/** As much as fits, at least one byte if there is one. */
export class SendSomeWriter extends QueuedCall<number> implements Writer {
	readonly #view: Uint8Array;
	readonly #length: number;

	constructor(call: Call<number>, view: Uint8Array) {
		super(call, 0);
		this.#view = view;
		this.#length = byteLengthOf(view);
		this.bytesLeft = this.#length;
	}

	step(link: Link, othersWait: boolean): StepOutcome {
		if (byteLengthOf(this.#view) !== this.#length) throw memoryGone();
		const sent = link.write(this.#view, 0, this.#length, othersWait);
		if (sent < 0) return sent;
		if (sent === 0 && this.#length > 0) return 'wait';
		this.result = sent;
		this.bytesLeft = 0;
		link.creditBytes += sent;
		return 'done';
	}
}

/** Waits until native code has nothing queued. */
export class FlushWriter extends QueuedCall<undefined> implements Writer {
	constructor(call: Call<undefined>) {
		super(call, undefined);
	}

	step(link: Link): StepOutcome {
		const left = link.outputBytes();
		if (left < 0) return left;
		return left > 0 ? 'wait' : 'done';
	}
}

/** Who shuts the sending half down. */
export interface FinObserver {
	/** A shutdown waits (1), or does so no longer (-1). */
	onFinWaiting(change: 1 | -1): void;
	/** Everything before it is out. */
	onFinTurn(): void;
}

/** The FIN, when everything before it is out. */
export class FinWriter extends FlushWriter {
	readonly #observer: FinObserver;

	constructor(call: Call<undefined>, observer: FinObserver) {
		super(call);
		this.#observer = observer;
		observer.onFinWaiting(1);
	}

	override step(link: Link): StepOutcome {
		const outcome = super.step(link);
		if (outcome === 'done') this.#observer.onFinTurn();
		return outcome;
	}

	override resolve(): void {
		this.#observer.onFinWaiting(-1);
		super.resolve();
	}

	override reject(error: unknown): void {
		this.#observer.onFinWaiting(-1);
		super.reject(error);
	}

	override rejectEnd(error: TcpError): void {
		this.#observer.onFinWaiting(-1);
		super.rejectEnd(error);
	}
}
