/** `for await` over the chunks of a connection. Leaving the loop does not close it. */
import type {ReadSide} from './read-side.js';

export class ChunkIterator implements AsyncIterableIterator<Buffer, undefined> {
	readonly #reads: ReadSide;
	#isOver = false;

	constructor(reads: ReadSide) {
		this.#reads = reads;
	}

	next(): Promise<IteratorResult<Buffer, undefined>> {
		return this.#isOver ? Promise.resolve({value: undefined, done: true}) : this.#reads.next();
	}

	return(): Promise<IteratorResult<Buffer, undefined>> {
		this.#isOver = true;
		return Promise.resolve({value: undefined, done: true});
	}

	/** What is thrown into a `yield*` over it comes out of that. */
	throw(error: unknown): Promise<IteratorResult<Buffer, undefined>> {
		this.#isOver = true;
		return Promise.reject(error);
	}

	[Symbol.asyncIterator](): this {
		return this;
	}
}
