/** Length fields of a fixed number of bytes. Spelled out byte by byte, which costs less than the methods of Buffer and their checks. */
import {ProtocolError} from '../errors.js';
import {maxInteger} from '../validate.js';

/** How a number stands in 1, 2, 3, 4 or 8 bytes. All of them must be there. */
export interface LengthField {
	/** Bytes. */
	readonly width: number;
	/** The greatest number it takes. */
	readonly most: number;
	/** The number in `bytes`, from `at` on. */
	readonly read: (bytes: Uint8Array, at: number) => number;
	/** Puts `value`, from 0 to `most`, into `bytes`, from `at` on. */
	readonly write: (bytes: Uint8Array, at: number, value: number) => void;
}

export type FieldWidth = 1 | 2 | 3 | 4 | 8;
export type ByteOrder = 'BE' | 'LE';

const twoTo16 = 2 ** 16;
const twoTo24 = 2 ** 24;
const twoTo32 = 2 ** 32;

const oneByte: LengthField = {
	width: 1,
	most: 0xff,
	read: byteOf,
	write(bytes, at, value) {
		bytes[at] = value;
	},
};

/** Every field there is. */
export const lengthFields: Readonly<Record<FieldWidth, Readonly<Record<ByteOrder, LengthField>>>> = {
	1: {BE: oneByte, LE: oneByte},
	2: {
		BE: {width: 2, most: 0xffff, read: read16BE, write: write16BE},
		LE: {width: 2, most: 0xffff, read: read16LE, write: write16LE},
	},
	3: {
		BE: {
			width: 3,
			most: 0xff_ffff,
			read: (bytes, at) => byteOf(bytes, at) * twoTo16 + read16BE(bytes, at + 1),
			write(bytes, at, value) {
				bytes[at] = value >>> 16;
				write16BE(bytes, at + 1, value);
			},
		},
		LE: {
			width: 3,
			most: 0xff_ffff,
			read: (bytes, at) => read16LE(bytes, at) + byteOf(bytes, at + 2) * twoTo16,
			write(bytes, at, value) {
				write16LE(bytes, at, value);
				bytes[at + 2] = value >>> 16;
			},
		},
	},
	4: {
		BE: {width: 4, most: 0xffff_ffff, read: read32BE, write: write32BE},
		LE: {width: 4, most: 0xffff_ffff, read: read32LE, write: write32LE},
	},
	8: {
		BE: {
			width: 8,
			most: maxInteger,
			read: (bytes, at) => join(read32BE(bytes, at), read32BE(bytes, at + 4)),
			write(bytes, at, value) {
				write32BE(bytes, at, Math.floor(value / twoTo32));
				write32BE(bytes, at + 4, value);
			},
		},
		LE: {
			width: 8,
			most: maxInteger,
			read: (bytes, at) => join(read32LE(bytes, at + 4), read32LE(bytes, at)),
			write(bytes, at, value) {
				write32LE(bytes, at, value);
				write32LE(bytes, at + 4, Math.floor(value / twoTo32));
			},
		},
	},
};

function byteOf(bytes: Uint8Array, at: number): number {
	return bytes[at] as number;
}

function read16BE(bytes: Uint8Array, at: number): number {
	return (byteOf(bytes, at) << 8) | byteOf(bytes, at + 1);
}

function read16LE(bytes: Uint8Array, at: number): number {
	return byteOf(bytes, at) | (byteOf(bytes, at + 1) << 8);
}

function read32BE(bytes: Uint8Array, at: number): number {
	const low = (byteOf(bytes, at + 1) << 16) | (byteOf(bytes, at + 2) << 8) | byteOf(bytes, at + 3);
	return byteOf(bytes, at) * twoTo24 + low;
}

function read32LE(bytes: Uint8Array, at: number): number {
	const low = byteOf(bytes, at) | (byteOf(bytes, at + 1) << 8) | (byteOf(bytes, at + 2) << 16);
	return low + byteOf(bytes, at + 3) * twoTo24;
}

// A byte array keeps the lowest eight bits of what it is given, and a shift looks at the lowest 32.

function write16BE(bytes: Uint8Array, at: number, value: number): void {
	bytes[at] = value >>> 8;
	bytes[at + 1] = value;
}

function write16LE(bytes: Uint8Array, at: number, value: number): void {
	bytes[at] = value;
	bytes[at + 1] = value >>> 8;
}

function write32BE(bytes: Uint8Array, at: number, value: number): void {
	bytes[at] = value >>> 24;
	bytes[at + 1] = value >>> 16;
	bytes[at + 2] = value >>> 8;
	bytes[at + 3] = value;
}

function write32LE(bytes: Uint8Array, at: number, value: number): void {
	bytes[at] = value;
	bytes[at + 1] = value >>> 8;
	bytes[at + 2] = value >>> 16;
	bytes[at + 3] = value >>> 24;
}

/** A number of 64 bits, out of its halves. @throws ProtocolError for one from 2 ** 53 on, which no number of JavaScript tells apart from its neighbours */
function join(high: number, low: number): number {
	const value = high * twoTo32 + low;
	if (value > maxInteger)
		throw new ProtocolError(
			`The length field says ${BigInt(high) * BigInt(twoTo32) + BigInt(low)}: no frame has 2 ** 53 bytes`,
		);
	return value;
}
