/** zlib of Node, in its thread pool: to compress, and to inflate what a peer has sent without trusting it. */
import type {Buffer} from 'node:buffer';
import {deflate, inflate, type Inflate} from 'node:zlib';
import {ProtocolError} from '../errors.js';

/** What `inflate` gives with `info: true`. */
interface Inflated {
	readonly buffer: Buffer;
	readonly engine: Inflate;
}

/** Fewer is an error of zlib's options. */
const leastChunkBytes = 64;

/** 258 bytes in two bits are the most that deflate can do. */
const mostRatio = 1032;

/** Most bytes that zlib makes of `length` bytes, `compressBound` of zlib.h. */
export function mostCompressedBytes(length: number): number {
	return length + Math.floor(length / 2 ** 12) + Math.floor(length / 2 ** 14) + Math.floor(length / 2 ** 25) + 13;
}

/** Fewest bytes that can inflate to `length` bytes. */
export function fewestCompressedBytes(length: number): number {
	return Math.ceil(length / mostRatio);
}

/** The `length` bytes that `compressed` inflates to. Stops past them. @throws ProtocolError if it is not exactly these, with nothing behind them */
export function inflateExactly(compressed: Buffer, length: number): Promise<Buffer> {
	const told = `${compressed.length} compressed bytes`;
	return new Promise((resolve, reject) => {
		const options = {
			info: true,
			// One block of memory, and a byte in which it shows that there is more.
			chunkSize: Math.max(leastChunkBytes, length + 1),
			maxOutputLength: Math.max(1, length),
		};
		inflate(compressed, options, (cause, result) => {
			if (cause !== null) {
				const is =
					(cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
						? `inflate to more than the ${length} that their header tells`
						: `cannot be inflated: ${cause.message}`;
				reject(new ProtocolError(`${told} ${is}`, {cause}));
				return;
			}

			// @types/node knows the result without `info` only.
			const {buffer, engine} = result as unknown as Inflated;
			if (buffer.length !== length)
				reject(
					new ProtocolError(
						`${told} inflate to ${buffer.length}, not to the ${length} that their header tells`,
					),
				);
			else if (engine.bytesWritten !== compressed.length)
				reject(new ProtocolError(`${told} end after ${engine.bytesWritten}: what follows belongs to nothing`));
			else resolve(buffer);
		});
	});
}

/** `level` undefined: zlib's default. `bytes` is not to change until it resolves. */
export function compress(bytes: Buffer, level: number | undefined): Promise<Buffer> {
	return new Promise((resolve, reject) => {
		deflate(bytes, level === undefined ? {} : {level}, (error, compressed) => {
			if (error === null) resolve(compressed);
			else reject(error);
		});
	});
}
