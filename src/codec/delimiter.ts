/** Frames that end with a delimiter. */
import {Buffer} from 'node:buffer';
import type {Inbox} from '../connection/inbox.js';
import type {Bytes} from '../connection-types.js';
import {byteLengthOf, checkBytes, checkOptionsObject, outOfRange, plainView} from '../validate.js';
import type {Codec} from './codec.js';
import {ownCodec} from './direct.js';
import {boundedBytes, frameError, illegalLength, normalizeLengths, type LengthLimits} from './frame-limits.js';
import {Needle} from './needle.js';

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
	const decode = (inbox: Inbox): Buffer | undefined => {
		const at = inbox.find(mark);
		if (at < 0) {
			if (inbox.length > maxLength && !mayHaveBegun(inbox, needle, maxLength))
				throw illegalLength(inbox.length, bounds);
			return undefined;
		}

		if (at < minLength || at > maxLength) throw illegalLength(at, bounds);
		return inbox.takeBetween(0, at, mark.length);
	};
	return ownCodec(decode, (frame: Bytes) => {
		const bytes = boundedBytes(frame, bounds);
		const at = needle.firstIn(bytes);
		if (at >= 0) throw frameError('without the delimiter', `one that would end after ${at} bytes`);
		return byteLengthOf(bytes) === 0 ? mark : [bytes, mark];
	});
}

/** The delimiter's beginning is there, no more than `maxLength` bytes from the front; more than that many bytes are there. */
function mayHaveBegun(inbox: Inbox, needle: Needle, maxLength: number): boolean {
	const {length} = inbox;
	const count = Math.min(length, needle.bytes.length - 1);
	if (length - count > maxLength) return false;
	const begun = needle.begunIn(inbox.peekAt(length - count, count));
	return begun > 0 && length - begun <= maxLength;
}
