/** Frames whose bodies are compressed where that makes them smaller. */
import {Buffer} from 'node:buffer';
import type {Bytes} from '../connection-types.js';
import {ProtocolError} from '../errors.js';
import {byteLengthOf, checkInteger, checkLimit, checkOptionsObject, checkWord, optional} from '../validate.js';
import type {Codec} from './codec.js';
import {boundedBytes, illegalLength, normalizeLengths, type LengthBounds, type LengthLimits} from './frame-limits.js';
import {compress, fewestCompressedBytes, inflateExactly, mostCompressedBytes} from './inflate-exactly.js';
import type {InputBuffer} from './input-buffer.js';
import type {ByteOrder} from './length-field.js';
import {piecePool} from './piece-pool.js';
import {prefixed, reservePrefixed} from './prefix-settings.js';
import {takeFrame} from './take.js';

/** Options of {@link compressed}. The limits are those of the original size. */
export interface CompressedOptions extends LengthLimits {
	/** Smaller bodies go out as they are; Infinity: all. Default: 1,024. */
	threshold?: number | undefined;
	/** zlib level, 0 to 9. Default: zlib's. */
	level?: number | undefined;
	/** Of both sizes. Default: 'LE'. */
	byteOrder?: 'BE' | 'LE' | undefined;
}

// The header, packed: flag, original size, compressed size, 16 bytes that are reserved.
const originalAt = 1;
const compressedAt = 5;
const headerBytes = 25;
const plainFlag = 0;
const zlibFlag = 1;

const maxInt32 = 0x7fff_ffff;
const mostLevel = 9;
const defaultThreshold = 1024;

/**
 * Header of 25 bytes (flag 1: zlib, 0: plain; int32 original size; int32 compressed size, 0 if plain; 16 reserved, written as zero and not looked at), then
 * the body. Both sizes are checked before memory is taken: the original one against the limits, the compressed one against what zlib makes of that many bytes
 * at most (a little more than the original) and what can inflate to them at least. Inflating stops past the original size. What does not inflate to exactly
 * that is a ProtocolError. zlib runs off the loop's thread.
 *
 * Encode compresses a copy, so that the frame is the caller's again at once, and sends it plain if zlib does not make it smaller.
 * It refuses a frame outside the limits (RangeError).
 *
 * @example
 * ```ts
 * const messages = connection.framed(compressed({maxLength: 1024 * 1024}));
 * await messages.send(JSON.stringify(report));
 * ```
 */
export function compressed(options?: CompressedOptions): Codec<Buffer, Bytes> {
	const given = checkOptionsObject('options', options) ?? {};
	const threshold = optional(given.threshold, value => checkLimit('threshold', value, 0), defaultThreshold);
	const level = optional(given.level, value => checkInteger('level', value, 0, mostLevel), undefined);
	const byteOrder = optional(given.byteOrder, value => checkWord<ByteOrder>('byteOrder', value, ['BE', 'LE']), 'LE');
	const bounds = normalizeLengths(given, 1, maxInt32);
	return {
		decode(buffer) {
			const {readableBytes} = buffer;
			if (readableBytes < headerBytes) return undefined;
			const {isPlain, original, size} = peekHeader(buffer, byteOrder, bounds);
			if (readableBytes < headerBytes + size) return undefined;
			const body = takeFrame(buffer, headerBytes, size, 0);
			return isPlain ? body : inflateExactly(body, original);
		},
		encode(frame) {
			const body = boundedBytes(frame, bounds);
			const length = byteLengthOf(body);
			if (length < threshold) return withHeader(plainFlag, length, body, byteOrder);
			const copy = Buffer.allocUnsafeSlow(length);
			copy.set(body);
			return compress(copy, level).then(small =>
				small.length < length
					? withHeader(zlibFlag, length, small, byteOrder)
					: withHeader(plainFlag, length, copy, byteOrder),
			);
		},
	};
}

/** Both sizes, legal, and the one that follows the header. */
function peekHeader(
	buffer: InputBuffer,
	byteOrder: ByteOrder,
	bounds: LengthBounds,
): {readonly isPlain: boolean; readonly original: number; readonly size: number} {
	const flag = buffer.peekUInt8();
	const original = buffer[`peekInt32${byteOrder}`](originalAt);
	const size = buffer[`peekInt32${byteOrder}`](compressedAt);
	if (flag !== plainFlag && flag !== zlibFlag)
		throw new ProtocolError(`The compression flag is ${flag}, neither ${plainFlag} nor ${zlibFlag}`);
	if (original < bounds.minLength || original > bounds.maxLength) throw illegalLength(original, bounds);
	if (size < 0) throw new ProtocolError(`A compressed size of ${size} bytes is announced, which is no size`);
	if (flag === plainFlag) return {isPlain: true, original, size: original};
	if (size > mostCompressedBytes(original) || size < fewestCompressedBytes(original))
		throw new ProtocolError(`zlib does not make ${size} bytes of ${original}`);
	return {isPlain: false, original, size};
}

/** `original`: bytes before compression. */
function withHeader(flag: number, original: number, body: Uint8Array, byteOrder: ByteOrder): Bytes | readonly Bytes[] {
	const length = byteLengthOf(body);
	reservePrefixed(headerBytes, headerBytes, length);
	const {bytes, at} = piecePool;
	bytes[at] = flag;
	bytes[`writeInt32${byteOrder}`](original, at + originalAt);
	bytes[`writeInt32${byteOrder}`](flag === plainFlag ? 0 : length, at + compressedAt);
	return prefixed(headerBytes, body, length);
}
