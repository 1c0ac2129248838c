/** Memory for what encoders write: a header, or a small frame as a whole. */
import {Buffer} from 'node:buffer';
import {markAsUntransferable} from 'node:worker_threads';
import {ChunkBuffer} from '../chunk-buffer.js';

const poolBytes = 32 * 1024;
/** A bigger piece gets memory of its own: the rest of a pool is not worth less than that. */
const mostPooledBytes = 4 * 1024;

/** Bytes are given out one after another and never twice, as those of Node's own pool, at half its price. */
class PiecePool {
	/** Where the piece reserved last is to be written, from `at` on. */
	bytes: Buffer = Buffer.alloc(0);
	at = 0;
	#end = 0;
	#memory: ArrayBufferLike = this.bytes.buffer;

	/** Room for `size` bytes, whose contents are anything. */
	reserve(size: number): void {
		this.at = this.#end;
		this.#end += size;
		if (this.#end <= this.bytes.length) return;
		this.bytes = Buffer.allocUnsafeSlow(size > mostPooledBytes ? size : poolBytes);
		this.#memory = this.bytes.buffer;
		// A transfer of one piece would take the others with it.
		markAsUntransferable(this.#memory);
		this.at = 0;
		this.#end = size;
	}

	/** What was reserved last. */
	piece(): Buffer {
		return new ChunkBuffer(this.#memory, this.at, this.#end - this.at);
	}
}

/** One for all: its memory belongs to nobody until it is reserved. */
export const piecePool: PiecePool = new PiecePool();
