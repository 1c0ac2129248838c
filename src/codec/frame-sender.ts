/** The writing half of a framed connection: encodes, and keeps the order of the calls where that takes a while. */
import {types} from 'node:util';
import type {Bytes, OperationOptions} from '../connection-types.js';
import {markHandled} from '../connection/call.js';
import type {Link} from '../connection/link.js';
import {toPieces} from '../connection/message.js';
import type {WriteSide} from '../connection/write-side.js';
import {smallChunkBytes} from '../loop/layout.js';
import {noOperation, normalizeOperation, type OperationSettings} from '../normalize.js';
import {byteLengthOf, checkMessage} from '../validate.js';
import type {Codec} from './codec.js';
import {directEncoderOf, type DirectEncoder} from './direct.js';

type Encoded = Bytes | readonly Bytes[];

const done: Promise<void> = Promise.resolve();
const encodedName = 'codec.encode(frame)';

export class FrameSender<Out> {
	readonly #writes: WriteSide;
	readonly #link: Link;
	readonly #codec: Codec<unknown, Out>;
	readonly #direct: DirectEncoder<Out> | undefined;

	constructor(writes: WriteSide, link: Link, codec: Codec<unknown, Out>) {
		this.#writes = writes;
		this.#link = link;
		this.#codec = codec;
		this.#direct = directEncoderOf(codec);
	}

	/** May throw. */
	send(frame: Out, options: OperationOptions | undefined): Promise<void> {
		if (options !== undefined) return this.#sendAny([frame], normalizeOperation(options));
		const refusal = this.#writes.refused();
		if (refusal !== undefined) return refusal;
		const direct = this.#direct;
		if (direct !== undefined) {
			const size = direct.sizeOf(frame);
			const isSmall = size > 0 && size < smallChunkBytes;
			if (isSmall && this.#writes.mayGather() && this.#link.postDirect(direct, frame, size)) {
				this.#link.creditBytes += size;
				return done;
			}
		}

		const encoded = this.#codec.encode(frame);
		if (types.isUint8Array(encoded)) return this.#writes.sendView(encoded, byteLengthOf(encoded));
		if (isThenable(encoded)) return this.#writes.sendLater(toMessage([encoded]), noOperation);
		return this.#sendParts(encoded);
	}

	/** Small parts go side by side into the submission ring. */
	#sendParts(message: Encoded): Promise<void> {
		const arePosted = Array.isArray(message) || typeof message === 'string';
		if (arePosted) {
			// The codec may have ended the connection.
			const refusal = this.#writes.refused();
			if (refusal !== undefined) return refusal;
			const length = this.#writes.mayGather() ? this.#link.postParts(message) : -1;
			if (length >= 0) {
				this.#link.creditBytes += length;
				return done;
			}
		}

		return this.#writes.send(toPieces(checkMessage(encodedName, message)), noOperation);
	}

	sendAll(frames: readonly Out[], settings: OperationSettings): Promise<void> {
		return this.#sendAny(frames, settings);
	}

	#sendAny(frames: readonly Out[], settings: OperationSettings): Promise<void> {
		const refusal = this.#writes.refused(settings.signal);
		if (refusal !== undefined) return refusal;
		const message = this.#encodeAll(frames);
		return Array.isArray(message)
			? this.#writes.send(toPieces(message), settings)
			: this.#writes.sendLater(message, settings);
	}

	/** One message of all frames; a promise of it if one of them is encoded later. */
	#encodeAll(frames: readonly Out[]): Bytes[] | Promise<readonly Uint8Array[]> {
		const encoded: Array<Encoded | Promise<Encoded>> = [];
		try {
			for (const frame of frames) encoded.push(this.#codec.encode(frame));
			// To ask one may throw as well.
			return encoded.some(isThenable) ? toMessage(encoded) : join(encoded as Encoded[]);
		} catch (error) {
			// Nobody waits for those before it any more.
			void toMessage(encoded);
			throw error;
		}
	}
}

/** What all frames give, when all of them have been encoded. It may be dropped: an encoder can end its own connection. */
function toMessage(encoded: ReadonlyArray<Encoded | Promise<Encoded>>): Promise<readonly Uint8Array[]> {
	const message = Promise.all(encoded.map(one => Promise.resolve(one))).then(all => toPieces(join(all)));
	markHandled(message);
	return message;
}

/** One message of several. */
function join(encoded: readonly Encoded[]): Bytes[] {
	return encoded.flatMap(message => checkMessage(encodedName, message));
}

function isThenable(encoded: Encoded | Promise<Encoded>): encoded is Promise<Encoded> {
	return typeof (encoded as Partial<Promise<Encoded>> | null | undefined)?.then === 'function';
}
