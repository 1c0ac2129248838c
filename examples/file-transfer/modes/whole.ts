import {constants} from 'node:buffer';
import type {CoTcpConnection} from 'cotcp';
import {FileError, openRegularFile, readSome, type OpenFile} from '../shared/regular-file.js';
import {MiB} from '../shared/units.js';
import type {Wire} from './mode.js';

// One read(2) takes at most 2 GiB; smaller pieces keep a thread of the pool for a shorter time.
const maxReadLength = 16 * MiB;

/** The whole file in memory, one send, shutdown right after: the shortest program, and the file's size in memory for each client. */
export async function whole(_connection: CoTcpConnection, path: string, wire: Wire): Promise<void> {
	const file = await openRegularFile(path);
	const content = await readWhole(file).finally(async () => file.handle.close());
	await wire.start(file.facts);
	await wire.send(content);
	await wire.shutdown();
}

/** Throws for a file that one Buffer cannot hold. */
export function checkFitsBuffer(path: string, size: number, limit: number = constants.MAX_LENGTH): void {
	if (size <= limit) return;
	throw new FileError(
		`cannot hold '${path}' in memory: it has ${size} bytes, a Buffer holds at most ${limit}; ` +
			'use --mode chunked, owned or sendfile',
	);
}

export async function readWhole({handle, facts}: OpenFile): Promise<Buffer> {
	checkFitsBuffer(facts.name, facts.size);
	const content = Buffer.allocUnsafeSlow(facts.size);
	for (let length = 0; length < content.length;) {
		length += await readSome(handle, content.subarray(length, length + maxReadLength), length, facts.size);
	}

	return content;
}
