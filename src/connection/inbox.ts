/** Bytes that have been received and not yet taken: a queue of chunks that is never copied where a view does. */
import {Buffer} from 'node:buffer';
import {ChunkBuffer} from '../chunk-buffer.js';
import {Searches} from './searches.js';

/** Smaller chunks are gathered, so that a byte that comes alone does not cost a hundred. */
const smallBytes = 4096;
const firstGatherBytes = 8 * 1024;
const mostGatherBytes = 256 * 1024;

const empty = Buffer.alloc(0);

export class Inbox {
	#chunks: Buffer[] = [];
	/** Index of the first chunk: those before it have been taken. */
	#first = 0;
	/** Bytes of the first chunk that have been taken: a view of the rest costs more than a number. */
	#offset = 0;
	#length = 0;
	/** Memory of the first chunk and where it begins there, known from the first view of a part of it on: to ask costs as much as the view. */
	#memory: ArrayBufferLike | undefined;
	#memoryStart = 0;
	/** Memory of our own that the last chunk is a view of, with room behind it. */
	#gather: Buffer | undefined;
	/** Where the last chunk begins and ends there. */
	#gatherStart = 0;
	#gatherEnd = 0;
	/** Bytes that were taken since the beginning. */
	#taken = 0;
	/** Chunks that were taken out of the array since the beginning. */
	#passed = 0;
	readonly #searches = new Searches();
	/** Chunks up to here lie in memory of their own, from the first on. */
	#settled = 0;

	get length(): number {
		return this.#length;
	}

	/** The first chunk, with bytes in front that have been taken. There must be one. */
	get front(): Buffer {
		return this.#chunks[this.#first] as Buffer;
	}

	/** Where in `front` the `width` bytes `offset` from the beginning lie; -1 if they are not all there, or `offset` is no such number. */
	place(offset: number, width: number): number {
		const chunk = this.#chunks[this.#first];
		// What is no number must not be added to one.
		if (chunk === undefined || !Number.isInteger(offset) || offset < 0) return -1;
		const at = this.#offset + offset;
		return at + width <= chunk.length ? at : -1;
	}

	/** The byte `offset` bytes from the front, which must be there. */
	byteAt(offset: number): number {
		const at = this.place(offset, 1);
		return (at < 0 ? this.peekAt(offset, 1)[0] : this.front[at]) as number;
	}

	/** Bytes that were taken since the beginning. */
	get taken(): number {
		return this.#taken;
	}

	push(chunk: Buffer): void {
		this.#length += chunk.length;
		if (chunk.length < smallBytes && this.#first < this.#chunks.length) this.#pushSmall(chunk);
		else {
			this.#gather = undefined;
			this.#chunks.push(chunk);
		}
	}

	/** All of the first chunk, or its first `max` bytes. There must be one. */
	takeChunk(max: number | undefined): Buffer {
		const chunk = this.#chunks[this.#first] as Buffer;
		const left = chunk.length - this.#offset;
		return this.take(max === undefined || max > left ? left : max);
	}

	/** The first `count` bytes, which there must be, as one view or copy. They stay. */
	peek(count: number): Buffer {
		return this.peekAt(0, count);
	}

	/** The `count` bytes that begin `offset` bytes from the front, as peek. */
	peekAt(offset: number, count: number): Buffer {
		if (count === 0) return empty;
		const chunk = this.#chunks[this.#first] as Buffer;
		const at = this.#offset + offset;
		if (at + count <= chunk.length) return this.#viewOfFirst(chunk, at, count);
		return this.#copy(at, count);
	}

	/** As peek, taken out. */
	take(count: number): Buffer {
		if (count === 0) return empty;
		const chunk = this.#chunks[this.#first] as Buffer;
		const end = this.#offset + count;
		if (end > chunk.length) {
			const bytes = this.#copy(this.#offset, count);
			this.discard(count);
			return bytes;
		}

		const bytes = this.#viewOfFirst(chunk, this.#offset, count);
		this.#length -= count;
		this.#taken += count;
		if (end === chunk.length) this.#dropFirst();
		else this.#offset = end;
		return bytes;
	}

	/** As take, of what lies between `before` and `after` bytes, which are dropped. All must be there. */
	takeBetween(before: number, count: number, after: number): Buffer {
		const chunk = this.#chunks[this.#first] as Buffer;
		const start = this.#offset + before;
		const end = start + count + after;
		if (count === 0 || end > chunk.length) {
			this.discard(before);
			const bytes = this.take(count);
			this.discard(after);
			return bytes;
		}

		const bytes = this.#viewOfFirst(chunk, start, count);
		const taken = before + count + after;
		this.#length -= taken;
		this.#taken += taken;
		if (end === chunk.length) this.#dropFirst();
		else this.#offset = end;
		return bytes;
	}

	/** As take, as UTF-8. */
	takeText(count: number): string {
		if (count === 0) return '';
		const chunk = this.#chunks[this.#first] as Buffer;
		const end = this.#offset + count;
		if (end > chunk.length) return this.take(count).toString();
		const text = chunk.toString('utf8', this.#offset, end);
		this.discard(count);
		return text;
	}

	/** Drops the first `count` bytes, or all if there are fewer. Returns how many. */
	discard(count: number): number {
		const dropped = Math.min(count, this.#length);
		this.#length -= dropped;
		this.#taken += dropped;
		let left = dropped;
		while (left > 0) {
			const inChunk = (this.#chunks[this.#first] as Buffer).length - this.#offset;
			if (left < inChunk) {
				this.#offset += left;
				break;
			}

			left -= inChunk;
			this.#dropFirst();
		}

		return dropped;
	}

	/** Puts up to `room` bytes into `view`. */
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
		if (this.#length < needle.length) return -1;
		const found = this.#searches.of(needle).run(this.#chunks, this.#first, this.#passed, this.#taken, this.#offset);
		return found < 0 ? -1 : found - this.#taken;
	}

	/** Moves what is left out of memory that it shares with others, each byte once: a few bytes must not keep a slab for long. */
	settle(): void {
		for (let index = Math.max(this.#settled, this.#first); index < this.#chunks.length; index++) {
			const chunk = this.#chunks[index] as Buffer;
			if (chunk.buffer === this.#gather?.buffer) continue;
			const from = index === this.#first ? this.#offset : 0;
			const own = Buffer.allocUnsafeSlow(chunk.length - from);
			chunk.copy(own, 0, from);
			this.#chunks[index] = own;
			if (index === this.#first) this.#startFirst();
		}

		this.#settled = this.#chunks.length;
	}

	#viewOfFirst(chunk: Buffer, at: number, count: number): Buffer {
		if (count === chunk.length) return chunk;
		if (this.#memory === undefined) {
			this.#memory = chunk.buffer;
			this.#memoryStart = chunk.byteOffset;
		}

		return new ChunkBuffer(this.#memory, this.#memoryStart + at, count);
	}

	/** `count` bytes over the seams of chunks, from byte `at` of the first chunk on. */
	#copy(at: number, count: number): Buffer {
		const whole = Buffer.allocUnsafe(count);
		let filled = 0;
		let from = at;
		for (let index = this.#first; filled < count; index++) {
			const chunk = this.#chunks[index] as Buffer;
			if (from < chunk.length) filled += chunk.copy(whole, filled, from);
			from = Math.max(0, from - chunk.length);
		}

		return whole;
	}

	#dropFirst(): void {
		this.#chunks[this.#first++] = empty;
		this.#startFirst();
		if (this.#first === this.#chunks.length) {
			this.#passed += this.#first;
			// The usual one of one chunk keeps its place for the next.
			if (this.#first === 1) this.#chunks.pop();
			else this.#chunks = [];
			this.#first = 0;
			this.#settled = 0;
			this.#gather = undefined;
		} else if (this.#first > 1024 && this.#first * 2 > this.#chunks.length) {
			this.#chunks.splice(0, this.#first);
			this.#passed += this.#first;
			this.#settled = Math.max(0, this.#settled - this.#first);
			this.#first = 0;
		}
	}

	/** The first chunk is another one. */
	#startFirst(): void {
		this.#offset = 0;
		this.#memory = undefined;
	}

	/** Appends to memory of our own behind the last chunk; bytes that were handed out are never moved or written again. */
	#pushSmall(chunk: Buffer): void {
		const last = this.#chunks.length - 1;
		const tail = this.#chunks[last] as Buffer;
		if (this.#gather === undefined || this.#gatherEnd + chunk.length > this.#gather.length) {
			const from = last === this.#first ? this.#offset : 0;
			const left = tail.length - from;
			if (left >= mostGatherBytes) {
				this.#gather = undefined;
				this.#chunks.push(chunk);
				return;
			}

			if (left >= smallBytes && this.#gather === undefined) {
				// The tail is a big view: what follows is gathered behind it.
				this.#startGather(firstGatherBytes);
				this.#chunks.push(empty);
			} else {
				this.#startGather(
					Math.min(mostGatherBytes + smallBytes, Math.max(firstGatherBytes, 2 * (left + chunk.length))),
				);
				this.#gatherEnd = tail.copy(this.#gather as unknown as Buffer, 0, from);
				if (last === this.#first) this.#startFirst();
			}
		}

		const gather = this.#gather as unknown as Buffer;
		gather.set(chunk, this.#gatherEnd);
		this.#gatherEnd += chunk.length;
		this.#chunks[this.#chunks.length - 1] = new ChunkBuffer(
			gather.buffer,
			this.#gatherStart,
			this.#gatherEnd - this.#gatherStart,
		);
	}

	#startGather(size: number): void {
		this.#gather = Buffer.allocUnsafeSlow(size);
		this.#gatherStart = 0;
		this.#gatherEnd = 0;
	}
}
