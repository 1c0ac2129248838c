/** How long a frame may be: the options, and what is thrown at those that are not. */
import {Buffer, constants} from 'node:buffer';
import type {Bytes} from '../connection-types.js';
import {LimitError, ProtocolError} from '../errors.js';
import {
	byteLengthOf,
	checkBytes,
	checkInteger,
	checkLimit,
	maxInteger,
	optional,
	outOfRange,
	type Unchecked,
} from '../validate.js';

/** Bounds of a frame's length; of those that it may be given, the library's own codecs take these. */
export interface LengthLimits {
	/** Bytes of the frame's body, integer from 0. Default: 1, so that an empty frame is a ProtocolError. */
	minLength?: number | undefined;
	/** Bytes, checked before memory is taken. Default: 10 MiB. Below minLength: RangeError. */
	maxLength?: number | undefined;
}

/** {@link LengthLimits}, checked. */
export interface LengthBounds {
	readonly minLength: number;
	/** At most what one Buffer holds. */
	readonly maxLength: number;
}

const defaultMaxLength = 10 * 1024 * 1024;

/** No frame is longer: nothing could hold it. */
export const mostBytes: number = Math.min(constants.MAX_LENGTH, maxInteger);

/** `most`: bytes that a frame can have with these options, whatever its limits say; `what` sets that bound. */
export function normalizeLengths(
	given: Unchecked<LengthLimits>,
	defaultMinLength: number,
	most: number = mostBytes,
): LengthBounds {
	const {minLength, maxLength} = given;
	const min = optional(minLength, value => checkInteger('minLength', value, 0, most), defaultMinLength);
	const max = optional(maxLength, value => checkLimit('maxLength', value, 1), defaultMaxLength);
	if (max < min) throw outOfRange('maxLength', `at least minLength, which is ${min}`, max);
	return {minLength: min, maxLength: Math.min(max, most)};
}

/** What a decoder throws at a frame of `length` bytes that is outside its bounds. */
export function illegalLength(length: number, {minLength, maxLength}: LengthBounds): LimitError | ProtocolError {
	if (length > maxLength)
		return new LimitError(`A frame of ${length} bytes is longer than maxLength, which is ${maxLength}`, {
			limit: maxLength,
			actual: length,
		});
	return new ProtocolError(
		length < 0
			? `A frame of ${length} bytes is announced, which is no length`
			: `A frame of ${length} bytes is shorter than minLength, which is ${minLength}`,
	);
}

/** What an encoder throws at a frame of `length` bytes that is outside its bounds. */
export function unsendableLength(length: number, {minLength, maxLength}: LengthBounds): RangeError {
	const expected = minLength === maxLength ? `${minLength} bytes long` : `${minLength} to ${maxLength} bytes long`;
	return frameError(expected, `${length} bytes`);
}

/** What an encoder throws at a frame that would not come back as it is. */
export function frameError(expected: string, actual: string): RangeError {
	const error = new RangeError(`The value of "frame" is out of range. It must be ${expected}. Received ${actual}`);
	return Object.assign(error, {code: 'ERR_OUT_OF_RANGE'});
}

/** A frame as bytes: text as UTF-8. @throws TypeError for anything but a string or a Uint8Array */
export function frameBytes(frame: Bytes): Uint8Array {
	const given = checkBytes('frame', frame);
	return typeof given === 'string' ? Buffer.from(given) : given;
}

/** A frame within `bounds` as bytes. @throws TypeError as above, RangeError */
export function boundedBytes(frame: Bytes, bounds: LengthBounds): Uint8Array {
	const bytes = frameBytes(frame);
	checkLength(byteLengthOf(bytes), bounds);
	return bytes;
}

/** Length of a frame that is no text. @throws TypeError for anything but a Uint8Array, RangeError for one outside its bounds */
export function boundedLength(frame: Uint8Array, bounds: LengthBounds): number {
	return checkLength(byteLengthOf(checkBytes('frame', frame) as Uint8Array), bounds);
}

function checkLength(length: number, bounds: LengthBounds): number {
	if (length < bounds.minLength || length > bounds.maxLength) throw unsendableLength(length, bounds);
	return length;
}
