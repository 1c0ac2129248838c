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

const widths: Readonly<Record<IntegerName | BigIntegerName, number>> = {
	UInt8: 1,
	Int8: 1,
	UInt16BE: 2,
	UInt16LE: 2,
	Int16BE: 2,
	Int16LE: 2,
	UInt32BE: 4,
	UInt32LE: 4,
	Int32BE: 4,
	Int32LE: 4,
	BigUInt64BE: 8,
	BigUInt64LE: 8,
	BigInt64BE: 8,
	BigInt64LE: 8,
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
		const count = n === this.#inbox.length ? n : this.#check('n', n);
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

	/** The integer's bytes, from `offset` on. */
	static #bytes(buffer: InputBuffer, offset: number, width: number): Buffer {
		const at = checkInteger('offset', offset, 0);
		const {length} = buffer.#inbox;
		if (at + width > length)
			throw outOfRange('offset', `0 to ${length - width}: there are ${length} bytes`, offset);
		return buffer.#inbox.peek(at + width).subarray(at);
	}

	static {
		for (const [name, width] of Object.entries(widths)) {
			const read = (bytes: Buffer): number | bigint => bytes[`read${name as 'UInt8'}`](0);
			Object.defineProperties(InputBuffer.prototype, {
				[`peek${name}`]: {
					value(this: InputBuffer, offset = 0) {
						return read(InputBuffer.#bytes(this, offset, width));
					},
					writable: true,
					configurable: true,
				},
				[`read${name}`]: {
					value(this: InputBuffer) {
						return read(this.retrieve(width));
					},
					writable: true,
					configurable: true,
				},
			});
		}
	}

	#check(name: string, n: unknown): number {
		return checkInteger(name, n, 0, this.#inbox.length);
	}
}
