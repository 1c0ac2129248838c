/** Runs a codec's decoder over what has been received, and holds it to its promises. Both faces stand on it. */
import type {Inbox} from '../connection/inbox.js';
import {isOwned} from '../connection/ownership.js';
import {DecodeFailure} from '../connection/readers.js';
import {LimitError, ProtocolError, type TcpError} from '../errors.js';
import {copyWithCause, type ErrorPlace} from '../internal/errno-errors.js';
import {invalidArgType} from '../validate.js';
import type {Codec} from './codec.js';
import {directDecoderOf, type DirectDecoder} from './direct.js';
import {createInputBuffer, type InputBuffer} from './input-buffer.js';

/** Whose bytes they are. */
export interface DecoderHost {
	/** The peer. */
	place(): ErrorPlace;
	/** Bytes were taken out. */
	onTaken(count: number): void;
	/** What was pending has come: `next` gives it, or throws. */
	onDecoded(): void;
}

/** A frame that a promise stands for, and what has become of it. */
interface Pending<In> {
	isSettled: boolean;
	frame: In | undefined;
	failure: DecodeFailure | undefined;
}

export class FrameDecoder<In> {
	readonly #codec: Codec<In, never>;
	readonly #inbox: Inbox;
	readonly #buffer: InputBuffer;
	readonly #host: DecoderHost;
	readonly #direct: DirectDecoder<In> | undefined;
	#pending: Pending<In> | undefined;

	constructor(codec: Codec<In, never>, inbox: Inbox, host: DecoderHost) {
		this.#codec = codec;
		this.#inbox = inbox;
		this.#host = host;
		this.#direct = directDecoderOf(codec);
		this.#buffer = createInputBuffer(inbox, count => {
			host.onTaken(count);
		});
	}

	/** Nothing of the user's runs while it decodes. */
	get isDirect(): boolean {
		return this.#direct !== undefined;
	}

	/** A frame has been taken out and not been given: it is being decoded, or nobody has asked since. */
	get isHolding(): boolean {
		return this.#pending !== undefined;
	}

	/** What a promise was rejected with, if nobody has asked since. */
	get failure(): DecodeFailure | undefined {
		return this.#pending?.failure;
	}

	/** The next frame; undefined = not yet enough, or `isHolding`. @throws DecodeFailure */
	next(): In | undefined {
		if (this.#pending !== undefined) return this.#settled(this.#pending);
		const inbox = this.#inbox;
		// Nothing is no frame, whatever the codec.
		if (inbox.length === 0) return undefined;
		const direct = this.#direct;
		const before = inbox.taken;
		let frame: In | undefined | Promise<In>;
		let isPromise: boolean;
		try {
			frame = direct === undefined ? this.#codec.decode(this.#buffer) : direct(inbox);
			isPromise = direct === undefined && isThenable(frame);
		} catch (error) {
			throw this.#blame(error);
		}

		const taken = inbox.taken - before;
		if (direct !== undefined) {
			if (taken > 0) this.#host.onTaken(taken);
			return frame as In | undefined;
		}

		if (frame === undefined) {
			if (taken > 0) throw mistake('a frame, as bytes were taken out, or undefined and no byte taken', frame);
			return undefined;
		}

		if (taken === 0) {
			// An async function, mostly. What it rejects with is nobody's, and must not end the process: peers could bring it about.
			if (isPromise) Promise.resolve(frame).catch(() => {});
			throw mistake('undefined as long as no byte is taken out', frame);
		}

		if (isPromise) {
			this.#follow(frame as Promise<In>);
			return undefined;
		}

		return checkFrame(frame as In);
	}

	#settled(pending: Pending<In>): In | undefined {
		if (!pending.isSettled) return undefined;
		this.#pending = undefined;
		if (pending.failure !== undefined) throw pending.failure;
		return pending.frame;
	}

	#follow(promise: PromiseLike<In>): void {
		const pending: Pending<In> = {isSettled: false, frame: undefined, failure: undefined};
		this.#pending = pending;
		const settle = (failure: DecodeFailure | undefined): void => {
			pending.isSettled = true;
			pending.failure = failure;
			this.#host.onDecoded();
		};
		// Promise.resolve: a thenable of the user's may call back at once, or twice.
		Promise.resolve(promise).then(
			frame => {
				try {
					pending.frame = checkFrame(frame);
				} catch (error) {
					settle(error as DecodeFailure);
					return;
				}

				settle(undefined);
			},
			(error: unknown) => {
				settle(this.#blame(error));
			},
		);
	}

	#blame(error: unknown): DecodeFailure {
		if (!(error instanceof ProtocolError || error instanceof LimitError)) return new DecodeFailure('error', error);
		return new DecodeFailure('protocol', withPlace(error, this.#host.place()));
	}
}

/** As a promise that is resolved with it would ask. A getter may throw. */
function isThenable(frame: unknown): boolean {
	const isObject = typeof frame === 'object' || typeof frame === 'function';
	return isObject && typeof (frame as Partial<Promise<unknown>> | null)?.then === 'function';
}

/** null would be taken for the end of the stream. */
function checkFrame<In>(frame: In): In {
	if (frame === null || frame === undefined) throw mistake('a frame that is neither null nor undefined', frame);
	return frame;
}

function mistake(expected: string, given: unknown): DecodeFailure {
	return new DecodeFailure('error', invalidArgType('codec.decode(buffer)', expected, given));
}

/** The error itself, with the peer's address, which no codec knows. One that tells of another connection already stays as it is: a copy is made. */
function withPlace(error: ProtocolError | LimitError, {address, port, path}: ErrorPlace): TcpError {
	const mine = isOwned(error) || !Object.isExtensible(error) ? copyWithCause(error, error) : error;
	if (mine !== error || mine.address === undefined) Object.assign(mine, {address: path ?? address, port});
	return mine;
}
