/** Received bytes that nobody has taken yet, as the callbacks of the reactor and decoders see them. */
import {Buffer} from 'node:buffer';
import type {Bytes} from '../connection-types.js';
import type {Inbox} from '../connection/inbox.js';
import {byteLengthOf, checkBytes, checkInteger, outOfRange, plainView} from '../validate.js';

type IntegerName =
	| 'UInt8'
	| 'Int8'
	| 'UInt16BE'
	| 'UInt16LE'
	| 'Int16BE'
	| 'Int16LE'
	| 'UInt32BE'
	| 'UInt32LE'
	| 'Int32BE'
	| 'Int32LE';
type BigIntegerName = 'BigUInt64BE' | 'BigUInt64LE' | 'BigInt64BE' | 'BigInt64LE';
/** Takes the integer out. */
type IntegerReads = {[Name in IntegerName as `read${Name}`]: () => number} & {
	[Name in BigIntegerName as `read${Name}`]: () => bigint;
};
/** Looks at the integer, `offset` bytes from the front (default 0). */
type IntegerPeeks = {[Name in IntegerName as `peek${Name}`]: (offset?: number) => number} & {
	[Name in BigIntegerName as `peek${Name}`]: (offset?: number) => bigint;
};

type Read<T> = (bytes: Buffer, at: number) => T;

/** Width in bytes, and how it is read. Spelled out: a method looked up by name costs more than the integer. */
const integers: Readonly<
	Record<IntegerName, readonly [number, Read<number>]> & Record<BigIntegerName, readonly [number, Read<bigint>]>
> = {
	UInt8: [1, (bytes, at) => bytes.readUInt8(at)],
	Int8: [1, (bytes, at) => bytes.readInt8(at)],
	UInt16BE: [2, (bytes, at) => bytes.readUInt16BE(at)],
	UInt16LE: [2, (bytes, at) => bytes.readUInt16LE(at)],
	Int16BE: [2, (bytes, at) => bytes.readInt16BE(at)],
	Int16LE: [2, (bytes, at) => bytes.readInt16LE(at)],
	UInt32BE: [4, (bytes, at) => bytes.readUInt32BE(at)],
	UInt32LE: [4, (bytes, at) => bytes.readUInt32LE(at)],
	Int32BE: [4, (bytes, at) => bytes.readInt32BE(at)],
	Int32LE: [4, (bytes, at) => bytes.readInt32LE(at)],
	BigUInt64BE: [8, (bytes, at) => bytes.readBigUInt64BE(at)],
	BigUInt64LE: [8, (bytes, at) => bytes.readBigUInt64LE(at)],
	BigInt64BE: [8, (bytes, at) => bytes.readBigInt64BE(at)],
	BigInt64LE: [8, (bytes, at) => bytes.readBigInt64LE(at)],
};

const crlf = Buffer.from('\r\n');
const lf = Buffer.from('\n');

/** Makes one; only the library can. */
export let createInputBuffer: (inbox: Inbox, onTaken: (count: number) => void) => InputBuffer;

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the integer methods are made in a loop below
export interface InputBuffer extends IntegerReads, IntegerPeeks {}

/**
 * Received bytes that nobody has taken yet. Asking for more than `readableBytes` is a RangeError. Memory it hands out is never
 * written again by the library.
 *
 * @example
 * ```ts
 * while (buffer.readableBytes >= 4 && buffer.readableBytes >= 4 + buffer.peekUInt32BE()) {
 * 	const body = buffer.retrieve(buffer.readUInt32BE());
 * }
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- see above
export class InputBuffer {
	readonly #inbox: Inbox;
	readonly #onTaken: (count: number) => void;
	#needle = crlf;

	private constructor(inbox: Inbox, onTaken: (count: number) => void) {
		this.#inbox = inbox;
		this.#onTaken = onTaken;
	}

	static {
		createInputBuffer = (inbox, onTaken) => new InputBuffer(inbox, onTaken);
	}

	/** Bytes that are there. */
	get readableBytes(): number {
		return this.#inbox.length;
	}

	/** The first `n` bytes (default: all), which stay. @throws RangeError if there are fewer */
	peek(n: number = this.#inbox.length): Buffer {
		return this.#inbox.peek(this.#check('n', n));
	}

	/** Takes `n` bytes out. @throws RangeError if there are fewer */
	retrieve(n: number): Buffer {
		const count = this.#check('n', n);
		this.#onTaken(count);
		return this.#inbox.take(count);
	}

	/** Takes all out. */
	retrieveAll(): Buffer {
		return this.retrieve(this.#inbox.length);
	}

	/** Takes `n` bytes (default: all) out, as UTF-8. @throws RangeError if there are fewer */
	retrieveAsString(n: number = this.#inbox.length): string {
		return this.retrieve(n).toString();
	}

	/** Offset of the first CRLF, or -1. What was searched in vain is not searched again, so calling once per byte stays linear. */
	findCRLF(): number {
		return this.#inbox.find(crlf);
	}

	/** Offset of the first LF, or -1; as `findCRLF`. */
	findEOL(): number {
		return this.#inbox.find(lf);
	}

	/** Offset of any needle, or -1; as `findCRLF` for the needle asked last. @throws RangeError for an empty one */
	find(needle: Bytes): number {
		const given = checkBytes('needle', needle);
		const bytes = typeof given === 'string' ? Buffer.from(given) : plainView(given);
		if (byteLengthOf(bytes) === 0) throw outOfRange('needle', 'at least one byte', needle);
		// A copy: it must not change while the search goes on.
		if (!this.#needle.equals(bytes)) this.#needle = Buffer.from(bytes);
		return this.#inbox.find(this.#needle);
	}

	/** The integer that is `offset` bytes from the front. */
	static #peek<T>(buffer: InputBuffer, offset: number, width: number, read: Read<T>): T {
		const {length} = buffer.#inbox;
		const isThere = offset >= 0 && offset + width <= length && Number.isInteger(offset);
		if (!isThere && checkInteger('offset', offset, 0) + width > length)
			throw outOfRange('offset', `0 to ${length - width}: there are ${length} bytes`, offset);
		return buffer.#inbox.look(offset, width, read);
	}

	/** The integer at the front, taken out. */
	static #read<T>(buffer: InputBuffer, width: number, read: Read<T>): T {
		const inbox = buffer.#inbox;
		if (inbox.length < width) buffer.#check('n', width);
		const integer = inbox.look(0, width, read);
		buffer.#onTaken(width);
		inbox.discard(width);
		return integer;
	}

	static {
		for (const [name, [width, read]] of Object.entries(integers) as Array<[string, [number, Read<unknown>]]>) {
			Object.defineProperties(InputBuffer.prototype, {
				[`peek${name}`]: {
					value(this: InputBuffer, offset = 0) {
						return InputBuffer.#peek(this, offset, width, read);
					},
					writable: true,
					configurable: true,
				},
				[`read${name}`]: {
					value(this: InputBuffer) {
						return InputBuffer.#read(this, width, read);
					},
					writable: true,
					configurable: true,
				},
			});
		}
	}

	#check(name: string, n: number): number {
		const {length} = this.#inbox;
		// The frequent case: a check that may fail has its message made first.
		return n >= 0 && n <= length && Number.isInteger(n) ? n : checkInteger(name, n, 0, length);
	}
}
