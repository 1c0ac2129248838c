/** Frames that end with a delimiter. */
import {Buffer} from 'node:buffer';
import type {Bytes} from '../connection-types.js';
import {byteLengthOf, checkBytes, checkOptionsObject, outOfRange, plainView} from '../validate.js';
import type {Codec} from './codec.js';
import {ownCodec} from './direct.js';
import {boundedBytes, frameError, illegalLength, normalizeLengths, type LengthLimits} from './frame-limits.js';
import type {InputBuffer} from './input-buffer.js';
import {Needle} from './needle.js';
import {findNeedle, peekAt, takeFrame} from './take.js';

/**
 * Frames end with `delimiter`, which is not part of them. minLength is 0 by default: two delimiters in a row are an empty
 * frame. A frame is refused (LimitError) as soon as more than `maxLength` bytes have come and no delimiter begins among them.
 *
 * Encode refuses a frame that contains the delimiter, and one whose end makes it begin too early, as `'xa'` does before `'aa'` (RangeError).
 *
 * @example
 * ```ts
 * const records = connection.framed(delimiter('\0', {maxLength: 64 * 1024}));
 * await records.send('one');
 * ```
 */
export function delimiter(delimiter: Bytes, options?: LengthLimits): Codec<Buffer, Bytes> {
	const given = checkBytes('delimiter', delimiter);
	// A copy: what the caller does with its own later changes nothing here.
	const mark = Buffer.from(typeof given === 'string' ? given : plainView(given));
	if (mark.length === 0) throw outOfRange('delimiter', 'at least one byte', delimiter);
	const needle = new Needle(mark);
	const bounds = normalizeLengths(checkOptionsObject('options', options) ?? {}, 0);
	const {minLength, maxLength} = bounds;
	return ownCodec<Buffer, Bytes>({
		decode(buffer) {
			const at = findNeedle(buffer, mark);
			if (at < 0) {
				if (buffer.readableBytes > maxLength && !mayHaveBegun(buffer, needle, maxLength))
					throw illegalLength(buffer.readableBytes, bounds);
				return undefined;
			}

			if (at < minLength || at > maxLength) throw illegalLength(at, bounds);
			return takeFrame(buffer, 0, at, mark.length);
		},
		encode(frame) {
			const bytes = boundedBytes(frame, bounds);
			const at = needle.firstIn(bytes);
			if (at >= 0) throw frameError('without the delimiter', `one that would end after ${at} bytes`);
			return byteLengthOf(bytes) === 0 ? mark : [bytes, mark];
		},
	});
}

/** The delimiter's beginning is there, no more than `maxLength` bytes from the front; more than that many bytes are there. */
function mayHaveBegun(buffer: InputBuffer, needle: Needle, maxLength: number): boolean {
	const {readableBytes} = buffer;
	const count = Math.min(readableBytes, needle.bytes.length - 1);
	if (readableBytes - count > maxLength) return false;
	const begun = needle.begunIn(peekAt(buffer, readableBytes - count, count));
	return begun > 0 && readableBytes - begun <= maxLength;
}
