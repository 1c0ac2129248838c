import {open, readFile, rename, rm, writeFile, type FileHandle} from 'node:fs/promises';
import {errorCode} from '../../shared/errors.js';
import {chunksOf, type FileFacts} from '../shared/regular-file.js';

/** The part that is there cannot be gone on with. */
export class PartError extends Error {
	override readonly name = 'PartError';
}

/**
 * A download on its way: `OUTPUT.part`, and `OUTPUT.part.json` which says what file on the server it is a part of. Owns the open part.
 * Only a part with its json can be resumed. The bytes in it are always the first ones of that file, because they are written in order.
 */
export class PartFile {
	readonly facts: FileFacts;
	readonly #handle: FileHandle;
	readonly #output: string;
	#length: number;

	private constructor(output: string, handle: FileHandle, facts: FileFacts, length: number) {
		this.#output = output;
		this.#handle = handle;
		this.facts = facts;
		this.#length = length;
	}

	/** An empty one; what an earlier download left is gone then. */
	static async create(output: string, facts: FileFacts): Promise<PartFile> {
		// In this order, so that there is never the json of one file beside the bytes of another.
		await rm(factsPath(output), {force: true});
		const handle = await open(partPath(output), 'w+');
		try {
			await writeFile(factsPath(output), encodeFacts(facts));
		} catch (error) {
			await handle.close();
			throw error;
		}

		return new PartFile(output, handle, facts, 0);
	}

	/** The one that an earlier download left, or undefined if there is none. */
	static async resume(output: string): Promise<PartFile | undefined> {
		const handle = await openExisting(partPath(output));
		if (handle === undefined) return undefined;
		try {
			const facts = await readFacts(output);
			const {size} = await handle.stat();
			if (size > facts.size) throw unusable(output, `it has ${size} bytes, but the file only ${facts.size}`);
			return new PartFile(output, handle, facts, size);
		} catch (error) {
			await handle.close();
			throw error;
		}
	}

	get length(): number {
		return this.#length;
	}

	/** What is there, piece by piece; a piece is good until the next is asked for. */
	chunks(): AsyncIterable<Uint8Array> {
		return chunksOf(this.#handle, this.#length);
	}

	async append(bytes: Uint8Array): Promise<void> {
		for (let from = 0; from < bytes.length;) {
			const {bytesWritten} = await this.#handle.write(bytes, from, bytes.length - from, this.#length);
			from += bytesWritten;
			this.#length += bytesWritten;
		}
	}

	/** Keeps the part, so that somebody can look at it, but it will not be resumed: more bytes would not mend it. */
	async condemn(): Promise<void> {
		await rm(factsPath(this.#output), {force: true});
	}

	/** Under its own name from now on, all at once, with the time of the file on the server. No fsync: only a power cut could tell. */
	async complete(): Promise<void> {
		const seconds = Number(this.facts.mtimeNs) / 1e9;
		await this.#handle.utimes(seconds, seconds);
		await this.close();
		await rename(partPath(this.#output), this.#output);
		await rm(factsPath(this.#output), {force: true});
	}

	async close(): Promise<void> {
		await this.#handle.close();
	}
}

export function partPath(output: string): string {
	return `${output}.part`;
}

export function factsPath(output: string): string {
	return `${output}.part.json`;
}

async function openExisting(path: string): Promise<FileHandle | undefined> {
	try {
		return await open(path, 'r+');
	} catch (error) {
		if (errorCode(error) === 'ENOENT') return undefined;
		throw error;
	}
}

function encodeFacts({name, size, mtimeNs}: FileFacts): string {
	return `${JSON.stringify({name, size, mtimeNs: String(mtimeNs)})}\n`;
}

async function readFacts(output: string): Promise<FileFacts> {
	try {
		const value: unknown = JSON.parse(await readFile(factsPath(output), 'utf8'));
		const {name, size, mtimeNs} = value as Record<string, unknown>;
		if (
			typeof name !== 'string' ||
			typeof size !== 'number' ||
			!Number.isSafeInteger(size) ||
			typeof mtimeNs !== 'string'
		) {
			throw new TypeError('wrong members');
		}

		return {name, size, mtimeNs: BigInt(mtimeNs)};
	} catch (error) {
		throw unusable(output, `${factsPath(output)}, which says what it is a part of, is missing or damaged`, error);
	}
}

function unusable(output: string, why: string, cause?: unknown): PartError {
	return new PartError(`cannot resume ${partPath(output)}: ${why}; start again without --resume`, {cause});
}
