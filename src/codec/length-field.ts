/** Length fields of a fixed number of bytes. */
import type {Buffer} from 'node:buffer';
import {ProtocolError} from '../errors.js';
import {maxInteger} from '../validate.js';
import type {InputBuffer} from './input-buffer.js';

/** How a number stands in 1, 2, 3, 4 or 8 bytes. */
export interface LengthField {
	/** Bytes. */
	readonly width: number;
	/** The greatest number it takes. */
	readonly most: number;
	/** The number `offset` bytes from the front; all its bytes must be there. */
	readonly peek: (buffer: InputBuffer, offset: number) => number;
	/** Puts `value` into `bytes`, from `at` on. */
	readonly write: (bytes: Buffer, at: number, value: number) => void;
}

export type FieldWidth = 1 | 2 | 3 | 4 | 8;
export type ByteOrder = 'BE' | 'LE';

const twoTo16 = 2 ** 16;
const twoTo32 = 2 ** 32;

const oneByte: LengthField = {
	width: 1,
	most: 0xff,
	peek: (buffer, offset) => buffer.peekUInt8(offset),
	write: (bytes, at, value) => {
		bytes[at] = value;
	},
};

/** Every field there is. */
export const lengthFields: Readonly<Record<FieldWidth, Readonly<Record<ByteOrder, LengthField>>>> = {
	1: {BE: oneByte, LE: oneByte},
	2: {
		BE: {
			width: 2,
			most: 0xffff,
			peek: (buffer, offset) => buffer.peekUInt16BE(offset),
			write: (bytes, at, value) => bytes.writeUInt16BE(value, at),
		},
		LE: {
			width: 2,
			most: 0xffff,
			peek: (buffer, offset) => buffer.peekUInt16LE(offset),
			write: (bytes, at, value) => bytes.writeUInt16LE(value, at),
		},
	},
	3: {
		BE: {
			width: 3,
			most: 0xff_ffff,
			peek: (buffer, offset) => buffer.peekUInt8(offset) * twoTo16 + buffer.peekUInt16BE(offset + 1),
			write: (bytes, at, value) => bytes.writeUIntBE(value, at, 3),
		},
		LE: {
			width: 3,
			most: 0xff_ffff,
			peek: (buffer, offset) => buffer.peekUInt16LE(offset) + buffer.peekUInt8(offset + 2) * twoTo16,
			write: (bytes, at, value) => bytes.writeUIntLE(value, at, 3),
		},
	},
	4: {
		BE: {
			width: 4,
			most: 0xffff_ffff,
			peek: (buffer, offset) => buffer.peekUInt32BE(offset),
			write: (bytes, at, value) => bytes.writeUInt32BE(value, at),
		},
		LE: {
			width: 4,
			most: 0xffff_ffff,
			peek: (buffer, offset) => buffer.peekUInt32LE(offset),
			write: (bytes, at, value) => bytes.writeUInt32LE(value, at),
		},
	},
	8: {
		BE: {
			width: 8,
			most: maxInteger,
			peek: (buffer, offset) => join(buffer.peekUInt32BE(offset), buffer.peekUInt32BE(offset + 4)),
			write: (bytes, at, value) => {
				bytes.writeUInt32BE(Math.floor(value / twoTo32), at);
				bytes.writeUInt32BE(value % twoTo32, at + 4);
			},
		},
		LE: {
			width: 8,
			most: maxInteger,
			peek: (buffer, offset) => join(buffer.peekUInt32LE(offset + 4), buffer.peekUInt32LE(offset)),
			write: (bytes, at, value) => {
				bytes.writeUInt32LE(value % twoTo32, at);
				bytes.writeUInt32LE(Math.floor(value / twoTo32), at + 4);
			},
		},
	},
};

/** A number of 64 bits, out of its halves. @throws ProtocolError for one from 2 ** 53 on, which no number of JavaScript tells apart from its neighbours */
function join(high: number, low: number): number {
	const value = high * twoTo32 + low;
	if (value > maxInteger)
		throw new ProtocolError(
			`The length field says ${BigInt(high) * BigInt(twoTo32) + BigInt(low)}: no frame has 2 ** 53 bytes`,
		);
	return value;
}
