/** How far needles have been looked for in vain in the chunks of an inbox. Positions are bytes since the beginning of the stream. */
import {Buffer} from 'node:buffer';

const mostSearches = 3;
/** So often the first byte of a needle may be found where no needle is, before the whole needle is searched for. */
const mostDeceptions = 4;

/** One needle. */
class Search {
	readonly needle: Uint8Array;
	/** Nothing before this byte begins a match. */
	#from = 0;
	/** The chunk of that byte, counted from the beginning of the stream, and where it starts. */
	#chunk = 0;
	#chunkStart = 0;

	constructor(needle: Uint8Array) {
		this.needle = needle;
	}

	/**
	 * Where the needle begins, or -1. `passed` chunks were there before the first of the array; `taken` bytes were taken, the
	 * last `offset` of them in chunk `first`.
	 */
	run(chunks: readonly Buffer[], first: number, passed: number, taken: number, offset: number): number {
		const isBehindFirst = this.#chunk > passed + first;
		let index = isBehindFirst ? this.#chunk - passed : first;
		let start = isBehindFirst ? this.#chunkStart : taken - offset;
		let from = Math.max(this.#from, taken);
		for (; ; index++) {
			const chunk = chunks[index] as Buffer;
			if (from - start < chunk.length) {
				const at = findAround(chunks, index, from - start, this.needle);
				if (at >= 0) {
					this.#remember(start + at, passed + index, start);
					return start + at;
				}
			}

			from = Math.max(from, start + chunk.length);
			if (index === chunks.length - 1) break;
			start += chunk.length;
		}

		// A needle may have begun in the last bytes.
		const next = Math.max(taken, from - this.needle.length + 1);
		while (start > next && index > first) start -= (chunks[--index] as Buffer).length;
		this.#remember(next, passed + index, start);
		return -1;
	}

	#remember(from: number, chunk: number, chunkStart: number): void {
		this.#from = from;
		this.#chunk = chunk;
		this.#chunkStart = chunkStart;
	}
}

/** The needles asked last, by identity. */
export class Searches {
	readonly #all: Search[] = [];

	of(needle: Uint8Array): Search {
		for (const search of this.#all) if (search.needle === needle) return search;
		const search = new Search(needle);
		if (this.#all.push(search) > mostSearches) this.#all.shift();
		return search;
	}
}

/** Offset in chunk `index`, from `from` on, of a needle that begins there, wherever it ends. */
function findAround(chunks: readonly Buffer[], index: number, from: number, needle: Uint8Array): number {
	const chunk = chunks[index] as Buffer;
	const inside = findIn(chunk, from, needle);
	if (inside >= 0) return inside;
	const overlap = needle.length - 1;
	if (overlap === 0 || index === chunks.length - 1) return -1;
	const seamStart = Math.max(from, chunk.length - overlap);
	const seam = [chunk.subarray(seamStart)];
	let more = overlap;
	for (let next = index + 1; more > 0 && next < chunks.length; next++) {
		const part = (chunks[next] as Buffer).subarray(0, more);
		seam.push(part);
		more -= part.length;
	}

	const at = Buffer.concat(seam).indexOf(needle);
	return at >= 0 && seamStart + at < chunk.length ? seamStart + at : -1;
}

/** Offset of a needle that lies in `chunk` as a whole, from `from` on. A number is found at a fifth of the price of several bytes. */
function findIn(chunk: Buffer, from: number, needle: Uint8Array): number {
	const first = needle[0] as number;
	let at = from - 1;
	for (let tries = 0; tries < mostDeceptions; tries++) {
		at = chunk.indexOf(first, at + 1);
		if (at < 0 || isAt(chunk, at, needle)) return at;
	}

	return chunk.indexOf(needle, at + 1);
}

function isAt(chunk: Buffer, at: number, needle: Uint8Array): boolean {
	for (let index = 1; index < needle.length; index++) if (chunk[at + index] !== needle[index]) return false;
	return true;
}
