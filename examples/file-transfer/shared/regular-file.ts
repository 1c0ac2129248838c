import {constants, open, type FileHandle} from 'node:fs/promises';
import {basename} from 'node:path';
import {errorCode, messageOf} from '../../shared/errors.js';
import {KiB} from '../../shared/units.js';

/** What identifies the content of a file: another size or another time of change is another file. */
export interface FileFacts {
	readonly name: string;
	readonly size: number;
	/** Nanoseconds since 1970; a `number` of milliseconds would round. */
	readonly mtimeNs: bigint;
}

/** An open file with what was true of it when it was opened. Whoever gets it closes the handle. */
export interface OpenFile {
	readonly handle: FileHandle;
	readonly facts: FileFacts;
}

export class FileError extends Error {
	override readonly name = 'FileError';
}

export const chunkLength = 64 * KiB;

const reasons: Readonly<Record<string, string>> = {
	ENOENT: 'there is no such file',
	ENOTDIR: 'a part of the path is no directory',
	EACCES: 'permission denied',
	ELOOP: 'too many symbolic links',
	ENAMETOOLONG: 'the name is too long',
	EMFILE: 'too many open files in this process',
	ENFILE: 'too many open files on this machine',
};

export async function openRegularFile(path: string): Promise<OpenFile> {
	const handle = await openForReading(path);
	try {
		const stats = await handle.stat({bigint: true});
		if (!stats.isFile()) {
			throw new FileError(
				`cannot send '${path}': it is ${stats.isDirectory() ? 'a directory' : 'no regular file'}`,
			);
		}

		return {handle, facts: {name: basename(path), size: Number(stats.size), mtimeNs: stats.mtimeNs}};
	} catch (error) {
		await handle.close();
		throw error;
	}
}

/**
 * The first `size` bytes in pieces of up to 64 KiB. All pieces share one buffer: the bytes of one are good until the next is asked for.
 * A file that has shrunk throws; what it has grown by is left out.
 */
export async function* chunksOf(handle: FileHandle, size: number): AsyncGenerator<Uint8Array, void, undefined> {
	const buffer = Buffer.allocUnsafeSlow(Math.min(chunkLength, size));
	for (let position = 0; position < size;) {
		const length = await readSome(
			handle,
			buffer.subarray(0, Math.min(buffer.length, size - position)),
			position,
			size,
		);
		position += length;
		yield buffer.subarray(0, length);
	}
}

/** At least one byte at `position` of a file that has `size` bytes, or an error: half a file must not pass for a whole one. */
export async function readSome(handle: FileHandle, view: Uint8Array, position: number, size: number): Promise<number> {
	const {bytesRead} = await handle.read(view, 0, view.length, position);
	if (bytesRead === 0) throw new FileError(`the file has shrunk: it had ${size} bytes and now ends at ${position}`);
	return bytesRead;
}

async function openForReading(path: string): Promise<FileHandle> {
	try {
		// O_NONBLOCK: to open a FIFO that nobody writes to would occupy a thread of the pool for ever.
		return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
	} catch (error) {
		const code = errorCode(error);
		const reason = reasons[code];
		throw new FileError(
			`cannot open '${path}': ${reason === undefined ? messageOf(error) : `${reason} (${code})`}`,
			{cause: error},
		);
	}
}
