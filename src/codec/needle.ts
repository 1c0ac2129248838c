/** What a delimiter says of bytes before and behind it. */
import {Buffer} from 'node:buffer';
import {plainView} from '../validate.js';

export class Needle {
	readonly bytes: Buffer;
	/** For each of its prefixes: the length of the longest shorter prefix that is also its end (Knuth, Morris and Pratt). */
	readonly #borders: Uint32Array;

	/** `bytes` is not to change, and not empty. */
	constructor(bytes: Buffer) {
		this.bytes = bytes;
		this.#borders = new Uint32Array(bytes.length + 1);
		let border = 0;
		for (let length = 2; length <= bytes.length; length++) {
			border = this.#extend(border, bytes[length - 1] as number);
			this.#borders[length] = border;
		}
	}

	/** How many bytes of the needle the end of `tail` is the beginning of: the most that are possible. `tail` is shorter than the needle. */
	begunIn(tail: Uint8Array): number {
		let length = 0;
		for (const byte of tail) length = this.#extend(length, byte);
		return length;
	}

	/** Where the needle begins first in `frame` followed by the needle; -1 if that is at the end of `frame`, as it should be. */
	firstIn(frame: Uint8Array): number {
		const view = plainView(frame);
		const body = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
		const inside = body.indexOf(this.bytes);
		if (inside >= 0) return inside;
		// Only a needle whose end is its beginning can begin before the end of the frame and end with itself.
		if (this.#borders[this.bytes.length] === 0) return -1;
		const tailStart = Math.max(0, body.length - this.bytes.length + 1);
		const seam = tailStart + Buffer.concat([body.subarray(tailStart), this.bytes]).indexOf(this.bytes);
		return seam === body.length ? -1 : seam;
	}

	/** The first `length` bytes have been seen, now `byte`: how many now. */
	#extend(length: number, byte: number): number {
		let seen = length;
		while (seen > 0 && this.bytes[seen] !== byte) seen = this.#borders[seen] as number;
		return this.bytes[seen] === byte ? seen + 1 : 0;
	}
}
