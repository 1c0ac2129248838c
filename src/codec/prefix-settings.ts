/** What is the same for length prefixes of every kind. */
import type {Buffer} from 'node:buffer';
import {piecePool} from './piece-pool.js';
import type {LengthBounds} from './frame-limits.js';

/** The options of `lengthPrefixed`, but for the field itself, checked. */
export interface PrefixSettings {
	/** Bytes before the field. */
	readonly offset: number;
	/** Body's length minus the number in the field. */
	readonly adjustment: number;
	readonly keepHeader: boolean;
	/** Of the body, in decode. */
	readonly bounds: LengthBounds;
	/** Of the body, in encode. */
	readonly sendBounds: LengthBounds;
}

/** A body up to this size is copied behind its header: one piece costs less to send than two. */
export const mostCopiedBytes = 2048;

/** Room for a header of `headerBytes` and, if it is short, for the body behind it; the bytes before the field are zeros. */
export function reservePrefixed(offset: number, headerBytes: number, length: number): void {
	piecePool.reserve(length <= mostCopiedBytes ? headerBytes + length : headerBytes);
	for (let index = 0; index < offset; index++) piecePool.bytes[piecePool.at + index] = 0;
}

/** The header that has been written where it was reserved, and the body. */
export function prefixed(headerBytes: number, body: Uint8Array, length: number): Buffer | [Buffer, Uint8Array] {
	if (length > mostCopiedBytes) return [piecePool.piece(), body];
	piecePool.bytes.set(body, piecePool.at + headerBytes);
	return piecePool.piece();
}
