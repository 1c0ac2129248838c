/** Frames that are all of one length. */
import type {Buffer} from 'node:buffer';
import type {Bytes} from '../connection-types.js';
import {checkInteger} from '../validate.js';
import type {Codec} from './codec.js';
import {ownCodec} from './direct.js';
import {boundedBytes, mostBytes} from './frame-limits.js';

/**
 * Every frame has `length` bytes, from 1; encode refuses others (RangeError).
 *
 * @example
 * ```ts
 * const records = connection.framed(fixedLength(128));
 * for await (const record of records) use(record.readUInt32BE(0));
 * ```
 */
export function fixedLength(length: number): Codec<Buffer, Bytes> {
	const size = checkInteger('length', length, 1, mostBytes);
	const bounds = {minLength: size, maxLength: size};
	return ownCodec(
		inbox => (inbox.length < size ? undefined : inbox.take(size)),
		(frame: Bytes) => boundedBytes(frame, bounds),
	);
}
