/** Views of received bytes. */
import {Buffer} from 'node:buffer';

/**
 * What Node makes its buffers with. `buffer.subarray()` asks the view for its memory first, and `Buffer.from()` looks at what
 * it was given: both cost more than the chunk.
 */
const {[Symbol.species]: ChunkBuffer} = Buffer as unknown as {
	readonly [Symbol.species]: new (memory: ArrayBufferLike, offset: number, length: number) => Buffer;
};

export {ChunkBuffer};
