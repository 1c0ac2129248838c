/** Bytes that have been received and not yet taken: a queue of chunks that is never copied where a view does. */
import {Buffer} from 'node:buffer';
import {ChunkBuffer} from '../loop/chunk-buffer.js';

/** Smaller chunks are gathered, so that a byte that comes alone does not cost a hundred. */
const smallBytes = 4096;
const firstGatherBytes = 8 * 1024;
const mostGatherBytes = 256 * 1024;

const empty = Buffer.alloc(0);

/** How far a needle has been looked for in vain, in bytes since the beginning. */
interface Search {
	readonly needle: Uint8Array;
	from: number;
}
const mostSearches = 3;

export class Inbox {
	#chunks: Buffer[] = [];
	/** Index of the first chunk: those before it have been taken. */
	#first = 0;
	/** Bytes of the first chunk that have been taken: it is not cut anew for each of them. */
	#offset = 0;
	/** Where the first chunk lies, once somebody has looked: asking a view for its memory costs as much as making one. */
	#memory: ArrayBufferLike | undefined;
	#base = 0;
	#length = 0;
	/** Memory behind the last chunk that is still free, if that chunk is one of ours. */
	#gather: Buffer | undefined;
	#gathered = 0;
	/** Bytes that were taken since the beginning. */
	#taken = 0;
	readonly #searches: Search[] = [];
	/** Chunks up to here lie in memory of their own, from the first on. */
	#settled = 0;

	get length(): number {
		return this.#length;
	}

	push(chunk: Buffer): void {
		this.#length += chunk.length;
		if (chunk.length < smallBytes && this.#first < this.#chunks.length) this.#pushSmall(chunk);
		else {
			this.#gather = undefined;
			this.#chunks.push(chunk);
		}
	}

	/** Bytes that were taken since the beginning. */
	get taken(): number {
		return this.#taken;
	}

	/** All of the first chunk, or its first `max` bytes. There must be one. */
	takeChunk(max: number | undefined): Buffer {
		const chunk = this.#chunks[this.#first] as Buffer;
		const rest = chunk.length - this.#offset;
		if (max === undefined || max >= rest) {
			const bytes = this.#offset === 0 ? chunk : this.#view(rest);
			this.#dropFirst();
			this.#took(rest);
			return bytes;
		}

		const bytes = this.#view(max);
		this.#offset += max;
		this.#took(max);
		return bytes;
	}

	/** The first `count` bytes, which there must be, as one view or copy. They stay. */
	peek(count: number): Buffer {
		if (count === 0) return empty;
		const rest = this.#rest(this.#first);
		if (count > rest) return this.#copy(0, count);
		return count === rest && this.#offset === 0 ? (this.#chunks[this.#first] as Buffer) : this.#view(count);
	}

	/** What `read` makes of the `width` bytes from `offset` on, which there must be: it is given memory, and where in it they begin. */
	look<T>(offset: number, width: number, read: (bytes: Buffer, at: number) => T): T {
		const chunk = this.#chunks[this.#first] as Buffer;
		const at = this.#offset + offset;
		return at + width <= chunk.length ? read(chunk, at) : read(this.#copy(offset, width), 0);
	}

	/** As peek, taken out. */
	take(count: number): Buffer {
		if (count === 0) return empty;
		if (count <= this.#rest(this.#first)) return this.takeChunk(count);
		const bytes = this.#copy(0, count);
		this.discard(count);
		return bytes;
	}

	/** Drops the first `count` bytes, or all if there are fewer. Returns how many. */
	discard(count: number): number {
		const dropped = Math.min(count, this.#length);
		let left = dropped;
		while (left > 0) {
			const rest = this.#rest(this.#first);
			if (left < rest) {
				this.#offset += left;
				break;
			}

			left -= rest;
			this.#dropFirst();
		}

		this.#took(dropped);
		return dropped;
	}

	/** Puts up to `view.length` bytes into `view`. */
	moveInto(view: Uint8Array, room: number): number {
		let at = 0;
		while (at < room && this.#length > 0) {
			const chunk = this.takeChunk(room - at);
			view.set(chunk, at);
			at += chunk.length;
		}

		return at;
	}

	clear(): void {
		this.discard(this.#length);
	}

	/**
	 * Offset of `needle`, or -1. What was searched in vain is not searched again while the needle stays the same object, for the
	 * last three of them.
	 */
	find(needle: Uint8Array): number {
		const search = this.#searchFor(needle);
		// Where the chunk begins, counted from the first byte that is left.
		let start = -this.#offset;
		for (let index = this.#first; index < this.#chunks.length; index++) {
			const chunk = this.#chunks[index] as Buffer;
			const from = Math.max(0, -start, search.from - this.#taken - start);
			if (from < chunk.length) {
				const at = this.#findAround(index, from, needle);
				if (at >= 0) return start + at;
				search.from = this.#taken + start + chunk.length;
			}

			start += chunk.length;
		}

		// A needle may have begun in the last bytes.
		search.from = this.#taken + Math.max(0, this.#length - needle.length + 1);
		return -1;
	}

	/** Moves what is left out of memory that it shares with others, each byte once: a few bytes must not keep a slab for long. */
	settle(): void {
		for (let index = Math.max(this.#settled, this.#first); index < this.#chunks.length; index++) {
			const chunk = this.#chunks[index] as Buffer;
			if (chunk.buffer === this.#gather?.buffer) continue;
			const left = index === this.#first ? chunk.subarray(this.#offset) : chunk;
			const own = Buffer.allocUnsafeSlow(left.length);
			own.set(left);
			this.#chunks[index] = own;
			if (index === this.#first) this.#startFirst();
		}

		this.#settled = this.#chunks.length;
	}

	/** Bytes of chunk `index` that are left. */
	#rest(index: number): number {
		const {length} = this.#chunks[index] as Buffer;
		return index === this.#first ? length - this.#offset : length;
	}

	/** The next `count` bytes of the first chunk. */
	#view(count: number): Buffer {
		if (this.#memory === undefined) {
			const chunk = this.#chunks[this.#first] as Buffer;
			this.#memory = chunk.buffer;
			this.#base = chunk.byteOffset;
		}

		return new ChunkBuffer(this.#memory, this.#base + this.#offset, count);
	}

	/** `count` bytes from `offset` on, wherever they lie. */
	#copy(offset: number, count: number): Buffer {
		const whole = Buffer.allocUnsafeSlow(count);
		let skipped = this.#offset + offset;
		let at = 0;
		for (let index = this.#first; at < count; index++) {
			const chunk = this.#chunks[index] as Buffer;
			if (skipped < chunk.length) at += chunk.copy(whole, at, skipped, skipped + count - at);
			skipped = Math.max(0, skipped - chunk.length);
		}

		return whole;
	}

	/** Another chunk is the first one, from its beginning on. */
	#startFirst(): void {
		this.#offset = 0;
		this.#memory = undefined;
	}

	#searchFor(needle: Uint8Array): Search {
		let search = this.#searches.find(candidate => candidate.needle === needle);
		if (search === undefined) {
			search = {needle, from: 0};
			if (this.#searches.push(search) > mostSearches) this.#searches.shift();
		}

		return search;
	}

	/** Offset in chunk `index`, from `from` on, of a needle that begins there, wherever it ends. */
	#findAround(index: number, from: number, needle: Uint8Array): number {
		const chunk = this.#chunks[index] as Buffer;
		const inside = chunk.indexOf(needle, from);
		if (inside >= 0) return inside;
		const overlap = needle.length - 1;
		if (overlap === 0 || index === this.#chunks.length - 1) return -1;
		const seamStart = Math.max(from, chunk.length - overlap);
		const seam = [chunk.subarray(seamStart)];
		let more = overlap;
		for (let next = index + 1; more > 0 && next < this.#chunks.length; next++) {
			const part = (this.#chunks[next] as Buffer).subarray(0, more);
			seam.push(part);
			more -= part.length;
		}

		const at = Buffer.concat(seam).indexOf(needle);
		return at >= 0 && seamStart + at < chunk.length ? seamStart + at : -1;
	}

	#took(count: number): void {
		this.#length -= count;
		this.#taken += count;
	}

	#dropFirst(): void {
		this.#chunks[this.#first++] = empty;
		this.#startFirst();
		if (this.#first === this.#chunks.length) {
			// The usual one of one chunk keeps its place for the next.
			if (this.#first === 1) this.#chunks.pop();
			else this.#chunks = [];
			this.#first = 0;
			this.#settled = 0;
			this.#gather = undefined;
		} else if (this.#first > 1024 && this.#first * 2 > this.#chunks.length) {
			this.#chunks.splice(0, this.#first);
			this.#settled = Math.max(0, this.#settled - this.#first);
			this.#first = 0;
		}
	}

	/** Appends to memory of our own behind the last chunk; bytes that were handed out are never moved or written again. */
	#pushSmall(chunk: Buffer): void {
		const last = this.#chunks.length - 1;
		const tail = this.#chunks[last] as Buffer;
		if (this.#gather === undefined || this.#gathered + chunk.length > this.#gather.length) {
			if (tail.length >= mostGatherBytes) {
				this.#gather = undefined;
				this.#chunks.push(chunk);
				return;
			}

			if (tail.length >= smallBytes && this.#gather === undefined) {
				// The tail is a big view: what follows is gathered behind it.
				this.#gather = Buffer.allocUnsafeSlow(firstGatherBytes);
				this.#gather.set(chunk);
				this.#gathered = chunk.length;
				this.#chunks.push(this.#gather.subarray(0, chunk.length));
				return;
			}

			const roomier = Buffer.allocUnsafeSlow(
				Math.min(mostGatherBytes + smallBytes, Math.max(firstGatherBytes, 2 * (tail.length + chunk.length))),
			);
			const left = last === this.#first ? tail.subarray(this.#offset) : tail;
			roomier.set(left);
			this.#gather = roomier;
			this.#gathered = left.length;
			this.#chunks[last] = roomier.subarray(0, left.length);
			if (last === this.#first) this.#startFirst();
		}

		const gather = this.#gather;
		gather.set(chunk, this.#gathered);
		const start = this.#gathered - (this.#chunks[last] as Buffer).length;
		this.#gathered += chunk.length;
		this.#chunks[last] = gather.subarray(start, this.#gathered);
	}
}
