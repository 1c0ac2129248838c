/** `for await` over the frames of a connection. Leaving the loop does not close it. */
import type {FrameReader} from './frame-reader.js';

export class FrameIterator<In> implements AsyncIterableIterator<In, undefined> {
	readonly #reader: FrameReader<In>;
	#isOver = false;

	constructor(reader: FrameReader<In>) {
		this.#reader = reader;
	}

	next(): Promise<IteratorResult<In, undefined>> {
		return this.#isOver ? Promise.resolve({value: undefined, done: true}) : this.#reader.next();
	}

	return(): Promise<IteratorResult<In, undefined>> {
		this.#isOver = true;
		return Promise.resolve({value: undefined, done: true});
	}

	/** What is thrown into a `yield*` over it comes out of that. */
	throw(error: unknown): Promise<IteratorResult<In, undefined>> {
		this.#isOver = true;
		return Promise.reject(error);
	}

	[Symbol.asyncIterator](): this {
		return this;
	}
}
