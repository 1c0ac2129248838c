import {createHash} from 'node:crypto';
import {setImmediate} from 'node:timers/promises';
import type {CoTcpConnection} from 'cotcp';
import type {Wire} from '../modes/mode.js';
import {chunksOf, type FileFacts, type OpenFile} from '../shared/regular-file.js';
import {KiB} from '../../shared/units.js';
import {
	decodeRequest,
	digestAlgorithm,
	encodeHeader,
	encodeRefusal,
	requestLength,
	version,
	type Status,
} from './protocol.js';

const requestTimeout = 10_000;

// Hashing runs on the loop's thread: 256 KiB take well under a millisecond.
const sliceLength = 256 * KiB;

/** The client has been told why it gets nothing. */
export class Refusal extends Error {
	override readonly name = 'Refusal';
}

/** Reads the request first, so that a client that never asks costs no open file. */
export async function acceptRequest(connection: CoTcpConnection): Promise<Wire> {
	const request = decodeRequest(await connection.readExactly(requestLength, {timeout: requestTimeout}));
	if (request.version !== version) await refuse(connection, 'version');
	return new FramedWire(connection, request.offset);
}

// Header, the bytes from the requested offset on, SHA-256 of the whole file. Borrows the connection.
class FramedWire implements Wire {
	readonly #connection: CoTcpConnection;
	readonly #offset: number;
	readonly #hash = createHash(digestAlgorithm);
	#passed = 0;

	constructor(connection: CoTcpConnection, offset: number) {
		this.#connection = connection;
		this.#offset = offset;
	}

	async start(facts: FileFacts): Promise<void> {
		if (this.#offset > facts.size) await refuse(this.#connection, 'offset');
		await this.#connection.send(encodeHeader(facts, this.#offset));
	}

	async send(bytes: Uint8Array): Promise<void> {
		for (let from = 0; from < bytes.length; from += sliceLength) {
			await this.#sendSlice(bytes.subarray(from, from + sliceLength));
		}
	}

	/** The digest needs the bytes, the kernel does not hand them out: they are read beside it, from the page cache at best. */
	async sendFile(file: OpenFile): Promise<void> {
		const length = file.facts.size - this.#offset;
		await Promise.all([
			this.#connection.sendFile(file.handle, {offset: this.#offset, length}),
			this.#hashFile(file),
		]);
	}

	async shutdown(): Promise<void> {
		await this.#connection.send(this.#hash.digest());
		await this.#connection.shutdown();
	}

	async #hashFile({handle, facts}: OpenFile): Promise<void> {
		for await (const chunk of chunksOf(handle, facts.size)) {
			this.#connection.signal.throwIfAborted();
			this.#hash.update(chunk);
		}
	}

	async #sendSlice(slice: Uint8Array): Promise<void> {
		this.#hash.update(slice);
		const wanted = slice.subarray(Math.min(slice.length, Math.max(0, this.#offset - this.#passed)));
		this.#passed += slice.length;
		if (wanted.length > 0) return this.#connection.send(wanted);
		// What the client already has is only hashed. No send waits here: others get their turn, and a client that has gone is noticed.
		await setImmediate();
		this.#connection.signal.throwIfAborted();
	}
}

async function refuse(connection: CoTcpConnection, status: Exclude<Status, 'ok'>): Promise<never> {
	await connection.send(encodeRefusal(status));
	throw new Refusal(status);
}
