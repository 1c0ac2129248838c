/** Frames with their length in front: the options, and which codec they ask for. */
import type {Buffer} from 'node:buffer';
import type {Bytes} from '../connection-types.js';
import {
	checkBoolean,
	checkInteger,
	checkOptionsObject,
	checkWord,
	invalidArgType,
	optional,
	outOfRange,
} from '../validate.js';
import type {Codec} from './codec.js';
import {mostBytes, normalizeLengths, type LengthLimits} from './frame-limits.js';
import {fieldPrefixed} from './field-prefixed.js';
import {lengthFields, type ByteOrder, type FieldWidth} from './length-field.js';
import {mostVarintBytes} from './varint.js';
import {varintPrefixed} from './varint-prefixed.js';

/** Options of {@link lengthPrefixed}. Names as in Netty's LengthFieldBasedFrameDecoder. The frame is the body: what follows the length field. */
export interface LengthPrefixedOptions extends LengthLimits {
	/** Default: 4. 'varint': LEB128, at most 10 bytes. */
	lengthFieldLength?: 1 | 2 | 3 | 4 | 8 | 'varint' | undefined;
	/** Default: 'BE'. */
	byteOrder?: 'BE' | 'LE' | undefined;
	/** Bytes before the length field, at most 65,535, written as zeros. Default: 0. */
	lengthFieldOffset?: number | undefined;
	/** Added to the number in the field to get the body's length, negative if the number counts more than the body. Default: 0. */
	lengthAdjustment?: number | undefined;
	/** The frame is the header and the body, both ways. Default: false. */
	keepHeader?: boolean | undefined;
}

const mostOffset = 0xffff;
const mostAdjustment = 0xffff_ffff;
const widths: ReadonlyArray<FieldWidth | 'varint'> = [1, 2, 3, 4, 8, 'varint'];

/**
 * Each frame is preceded by its length, a number without sign. The length is checked as soon as its field is there: over
 * `maxLength` LimitError, under `minLength` or from 2 ** 53 on ProtocolError, before memory is taken for the frame.
 *
 * A varint may have more bytes than it needs, up to 10: some writers reserve room for a length that they do not know yet. Encode writes the
 * fewest. One that goes on after 10 bytes, or has more than 64 bits, is a ProtocolError.
 *
 * Encode refuses a frame outside the limits or longer than the field can say, and with `keepHeader` one whose header does not tell
 * its length (RangeError).
 *
 * A body behind the header `{int32 bodySize, int32 cmd}`, whose field does not count the 4 bytes of `cmd`:
 *
 * @example
 * ```ts
 * const commands = connection.framed(lengthPrefixed({lengthAdjustment: 4}));
 * for await (const frame of commands) use(frame.readInt32BE(0), frame.subarray(4));
 * ```
 */
export function lengthPrefixed(options?: LengthPrefixedOptions): Codec<Buffer, Bytes> {
	const given = checkOptionsObject('options', options) ?? {};
	const width = optional(given.lengthFieldLength, checkWidth, 4);
	const byteOrder = optional(given.byteOrder, value => checkWord<ByteOrder>('byteOrder', value, ['BE', 'LE']), 'BE');
	const offset = optional(
		given.lengthFieldOffset,
		value => checkInteger('lengthFieldOffset', value, 0, mostOffset),
		0,
	);
	const adjustment = optional(
		given.lengthAdjustment,
		value => checkInteger('lengthAdjustment', value, -mostAdjustment, mostAdjustment),
		0,
	);
	const keepHeader = optional(given.keepHeader, value => checkBoolean('keepHeader', value), false);
	const field = width === 'varint' ? undefined : lengthFields[width][byteOrder];
	const mostTold = (field === undefined ? mostBytes : field.most) + adjustment;
	if (mostTold < 1)
		throw outOfRange('lengthAdjustment', 'such that the length field can tell a length above 0', adjustment);
	const mostHeader = offset + (field === undefined ? mostVarintBytes : field.width);
	const bounds = normalizeLengths(given, 1, Math.min(mostTold, mostBytes - mostHeader));
	if (bounds.maxLength < adjustment)
		throw outOfRange('maxLength', `at least lengthAdjustment, which is ${adjustment}`, bounds.maxLength);
	// The number in the field is never negative.
	const sendBounds = {minLength: Math.max(bounds.minLength, adjustment), maxLength: bounds.maxLength};
	const settings = {offset, adjustment, keepHeader, bounds, sendBounds};
	return field === undefined ? varintPrefixed(settings) : fieldPrefixed(field, settings);
}

function checkWidth(value: unknown): FieldWidth | 'varint' {
	const width = widths.find(candidate => candidate === value);
	if (width !== undefined) return width;
	const expected = "one of 1, 2, 3, 4, 8, 'varint'";
	if (typeof value === 'number') throw outOfRange('lengthFieldLength', expected, value);
	throw invalidArgType('lengthFieldLength', expected, value);
}
