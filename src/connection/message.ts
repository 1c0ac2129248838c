/** A message of `send` as memory to write. */
import {Buffer} from 'node:buffer';
import {types} from 'node:util';
import type {Bytes} from '../connection-types.js';
import {plainView} from '../validate.js';

/** Pieces up to this size are copied together: one write instead of many. */
const gatherBytes = 64 * 1024;

/** Text as UTF-8, small neighbours copied together. */
export function toPieces(message: Bytes | readonly Bytes[]): Uint8Array[] {
	if (typeof message === 'string') return [Buffer.from(message)];
	if (types.isUint8Array(message)) return [message];
	const pieces: Uint8Array[] = [];
	let small: Uint8Array[] = [];
	let smallBytes = 0;
	const gather = (): void => {
		if (small.length > 0)
			pieces.push(small.length === 1 ? (small[0] as Uint8Array) : Buffer.concat(small, smallBytes));
		small = [];
		smallBytes = 0;
	};
	for (const part of message) {
		const bytes = typeof part === 'string' ? Buffer.from(part) : plainView(part);
		if (smallBytes + bytes.byteLength > gatherBytes) gather();
		if (bytes.byteLength > gatherBytes) pieces.push(bytes);
		else {
			small.push(bytes);
			smallBytes += bytes.byteLength;
		}
	}

	gather();
	return pieces;
}
