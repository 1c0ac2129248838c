/** LEB128: seven bits per byte, the lowest first, the high bit set on all but the last. */
import type {Buffer} from 'node:buffer';
import type {Inbox} from '../connection/inbox.js';
import {ProtocolError} from '../errors.js';
import {maxInteger} from '../validate.js';

/** That many bytes hold 64 bits. */
export const mostVarintBytes = 10;

const sevenBits = 0x7f;
const more = 0x80;
/** 64 bits leave one for the tenth byte. */
const mostInTenthByte = 1;

/** Bytes of the varint `offset` bytes from the front; undefined = its last byte has not come. @throws ProtocolError if it has too many */
export function peekVarintWidth(inbox: Inbox, offset: number): number | undefined {
	const there = inbox.length - offset;
	for (let index = 0; index < there; index++) {
		const byte = inbox.byteAt(offset + index);
		if (index === mostVarintBytes - 1 && byte > mostInTenthByte)
			throw new ProtocolError(
				byte >= more
					? `The length's varint goes on after ${mostVarintBytes} bytes`
					: "The length's varint has more than 64 bits",
			);
		if (byte < more) return index + 1;
	}

	return undefined;
}

/** The number in a varint of `width` bytes. @throws ProtocolError from 2 ** 53 on */
export function peekVarint(inbox: Inbox, offset: number, width: number): number {
	let value = 0;
	for (let index = width - 1; index >= 0; index--)
		value = value * (sevenBits + 1) + (inbox.byteAt(offset + index) & sevenBits);
	// Rounded beyond 2 ** 53, but never down below it.
	if (value > maxInteger) throw new ProtocolError(`The length's varint says ${value}: no frame has 2 ** 53 bytes`);
	return value;
}

/** Bytes that `value` takes, at least. */
export function varintWidth(value: number): number {
	let width = 1;
	for (let rest = value; rest > sevenBits; rest = Math.floor(rest / (sevenBits + 1))) width++;
	return width;
}

/** Puts `value` into `bytes`, from `at` on. */
export function writeVarint(bytes: Buffer, at: number, value: number): void {
	let rest = value;
	let index = at;
	for (; rest > sevenBits; rest = Math.floor(rest / (sevenBits + 1))) bytes[index++] = (rest % more) | more;
	bytes[index] = rest;
}

/** The varint in `bytes`, from `at` on, in whatever number of bytes; undefined if there is none. */
export function readVarint(
	bytes: Uint8Array,
	at: number,
): {readonly width: number; readonly value: number} | undefined {
	let value = 0;
	let unit = 1;
	for (let width = 1; width <= mostVarintBytes; width++) {
		const byte = bytes[at + width - 1];
		if (byte === undefined) return undefined;
		value += (byte & sevenBits) * unit;
		unit *= sevenBits + 1;
		if (byte < more) return {width, value};
	}

	return undefined;
}
