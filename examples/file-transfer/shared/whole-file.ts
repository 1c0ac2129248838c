import {constants} from 'node:buffer';
import {FileError, readSome, type OpenFile} from './regular-file.js';
import {MiB} from '../../shared/units.js';

// One read(2) takes at most 2 GiB; smaller pieces keep a thread of the pool for a shorter time.
const maxReadLength = 16 * MiB;

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
