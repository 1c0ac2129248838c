/** Received bytes that nobody has taken yet, as the callbacks of the reactor and decoders see them. */
import {Buffer} from 'node:buffer';
import type {Bytes} from '../connection-types.js';
import type {Inbox} from '../connection/inbox.js';
import {byteLengthOf, checkBytes, checkInteger, outOfRange, plainView} from '../validate.js';

const crlf = Buffer.from('\r\n');
const lf = Buffer.from('\n');

/** Makes one; only the library can. */
export let createInputBuffer: (inbox: Inbox, onTaken: (count: number) => void) => InputBuffer;

/** What it is over, for the library's own codecs; who takes from that says so with `countTaken`. */
export let inboxOf: (buffer: InputBuffer) => Inbox;

/** `count` bytes are about to be taken. */
export let countTaken: (buffer: InputBuffer, count: number) => void;

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
		inboxOf = buffer => buffer.#inbox;
		countTaken = (buffer, count) => {
			buffer.#onTaken(count);
		};
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
		const count = this.#check('n', n);
		this.#onTaken(count);
		return this.#inbox.takeText(count);
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

	// The integers are spelled out, one by one, so that each is as fast as V8 can make it.

	/** Looks at the integer, `offset` bytes from the front. @throws RangeError if not all of it is there */
	peekUInt8(offset = 0): number {
		const at = this.#inbox.place(offset, 1);
		return at < 0 ? this.#far(offset, 1).readUInt8() : this.#inbox.front.readUInt8(at);
	}

	/** Takes the integer out. @throws RangeError if not all of it is there */
	readUInt8(): number {
		const value = this.peekUInt8();
		this.#skip(1);
		return value;
	}

	/** Looks at the integer, `offset` bytes from the front. @throws RangeError if not all of it is there */
	peekInt8(offset = 0): number {
		const at = this.#inbox.place(offset, 1);
		return at < 0 ? this.#far(offset, 1).readInt8() : this.#inbox.front.readInt8(at);
	}

	/** Takes the integer out. @throws RangeError if not all of it is there */
	readInt8(): number {
		const value = this.peekInt8();
		this.#skip(1);
		return value;
	}

	/** Looks at the integer, `offset` bytes from the front. @throws RangeError if not all of it is there */
	peekUInt16BE(offset = 0): number {
		const at = this.#inbox.place(offset, 2);
		return at < 0 ? this.#far(offset, 2).readUInt16BE() : this.#inbox.front.readUInt16BE(at);
	}

	/** Takes the integer out. @throws RangeError if not all of it is there */
	readUInt16BE(): number {
		const value = this.peekUInt16BE();
		this.#skip(2);
		return value;
	}

	/** Looks at the integer, `offset` bytes from the front. @throws RangeError if not all of it is there */
	peekUInt16LE(offset = 0): number {
		const at = this.#inbox.place(offset, 2);
		return at < 0 ? this.#far(offset, 2).readUInt16LE() : this.#inbox.front.readUInt16LE(at);
	}

	/** Takes the integer out. @throws RangeError if not all of it is there */
	readUInt16LE(): number {
		const value = this.peekUInt16LE();
		this.#skip(2);
		return value;
	}

	/** Looks at the integer, `offset` bytes from the front. @throws RangeError if not all of it is there */
	peekInt16BE(offset = 0): number {
		const at = this.#inbox.place(offset, 2);
		return at < 0 ? this.#far(offset, 2).readInt16BE() : this.#inbox.front.readInt16BE(at);
	}

	/** Takes the integer out. @throws RangeError if not all of it is there */
	readInt16BE(): number {
		const value = this.peekInt16BE();
		this.#skip(2);
		return value;
	}

	/** Looks at the integer, `offset` bytes from the front. @throws RangeError if not all of it is there */
	peekInt16LE(offset = 0): number {
		const at = this.#inbox.place(offset, 2);
		return at < 0 ? this.#far(offset, 2).readInt16LE() : this.#inbox.front.readInt16LE(at);
	}

	/** Takes the integer out. @throws RangeError if not all of it is there */
	readInt16LE(): number {
		const value = this.peekInt16LE();
		this.#skip(2);
		return value;
	}

	/** Looks at the integer, `offset` bytes from the front. @throws RangeError if not all of it is there */
	peekUInt32BE(offset = 0): number {
		const at = this.#inbox.place(offset, 4);
		return at < 0 ? this.#far(offset, 4).readUInt32BE() : this.#inbox.front.readUInt32BE(at);
	}

	/** Takes the integer out. @throws RangeError if not all of it is there */
	readUInt32BE(): number {
		const value = this.peekUInt32BE();
		this.#skip(4);
		return value;
	}

	/** Looks at the integer, `offset` bytes from the front. @throws RangeError if not all of it is there */
	peekUInt32LE(offset = 0): number {
		const at = this.#inbox.place(offset, 4);
		return at < 0 ? this.#far(offset, 4).readUInt32LE() : this.#inbox.front.readUInt32LE(at);
	}

	/** Takes the integer out. @throws RangeError if not all of it is there */
	readUInt32LE(): number {
		const value = this.peekUInt32LE();
		this.#skip(4);
		return value;
	}

	/** Looks at the integer, `offset` bytes from the front. @throws RangeError if not all of it is there */
	peekInt32BE(offset = 0): number {
		const at = this.#inbox.place(offset, 4);
		return at < 0 ? this.#far(offset, 4).readInt32BE() : this.#inbox.front.readInt32BE(at);
	}

	/** Takes the integer out. @throws RangeError if not all of it is there */
	readInt32BE(): number {
		const value = this.peekInt32BE();
		this.#skip(4);
		return value;
	}

	/** Looks at the integer, `offset` bytes from the front. @throws RangeError if not all of it is there */
	peekInt32LE(offset = 0): number {
		const at = this.#inbox.place(offset, 4);
		return at < 0 ? this.#far(offset, 4).readInt32LE() : this.#inbox.front.readInt32LE(at);
	}

	/** Takes the integer out. @throws RangeError if not all of it is there */
	readInt32LE(): number {
		const value = this.peekInt32LE();
		this.#skip(4);
		return value;
	}

	/** Looks at the integer, `offset` bytes from the front. @throws RangeError if not all of it is there */
	peekBigUInt64BE(offset = 0): bigint {
		const at = this.#inbox.place(offset, 8);
		return at < 0 ? this.#far(offset, 8).readBigUInt64BE() : this.#inbox.front.readBigUInt64BE(at);
	}

	/** Takes the integer out. @throws RangeError if not all of it is there */
	readBigUInt64BE(): bigint {
		const value = this.peekBigUInt64BE();
		this.#skip(8);
		return value;
	}

	/** Looks at the integer, `offset` bytes from the front. @throws RangeError if not all of it is there */
	peekBigUInt64LE(offset = 0): bigint {
		const at = this.#inbox.place(offset, 8);
		return at < 0 ? this.#far(offset, 8).readBigUInt64LE() : this.#inbox.front.readBigUInt64LE(at);
	}

	/** Takes the integer out. @throws RangeError if not all of it is there */
	readBigUInt64LE(): bigint {
		const value = this.peekBigUInt64LE();
		this.#skip(8);
		return value;
	}

	/** Looks at the integer, `offset` bytes from the front. @throws RangeError if not all of it is there */
	peekBigInt64BE(offset = 0): bigint {
		const at = this.#inbox.place(offset, 8);
		return at < 0 ? this.#far(offset, 8).readBigInt64BE() : this.#inbox.front.readBigInt64BE(at);
	}

	/** Takes the integer out. @throws RangeError if not all of it is there */
	readBigInt64BE(): bigint {
		const value = this.peekBigInt64BE();
		this.#skip(8);
		return value;
	}

	/** Looks at the integer, `offset` bytes from the front. @throws RangeError if not all of it is there */
	peekBigInt64LE(offset = 0): bigint {
		const at = this.#inbox.place(offset, 8);
		return at < 0 ? this.#far(offset, 8).readBigInt64LE() : this.#inbox.front.readBigInt64LE(at);
	}

	/** Takes the integer out. @throws RangeError if not all of it is there */
	readBigInt64LE(): bigint {
		const value = this.peekBigInt64LE();
		this.#skip(8);
		return value;
	}

	#check(name: string, n: number): number {
		const {length} = this.#inbox;
		return n >= 0 && n <= length && Number.isInteger(n) ? n + 0 : checkInteger(name, n, 0, length);
	}

	/** The `width` bytes from `offset` on, wherever they lie. */
	#far(offset: number, width: number): Buffer {
		const at = checkInteger('offset', offset, 0);
		const {length} = this.#inbox;
		if (length < width) throw outOfRange('readableBytes', `at least ${width} for such an integer`, length);
		if (at + width > length)
			throw outOfRange('offset', `0 to ${length - width}: there are ${length} bytes`, offset);
		return this.#inbox.peekAt(at, width);
	}

	#skip(count: number): void {
		this.#onTaken(count);
		this.#inbox.discard(count);
	}
}
