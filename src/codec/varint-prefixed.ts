/** Frames behind a varint that tells their length. */
import type {Buffer} from 'node:buffer';
import type {Inbox} from '../connection/inbox.js';
import type {Bytes} from '../connection-types.js';
import {byteLengthOf, plainView} from '../validate.js';
import type {Codec} from './codec.js';
import {ownCodec, type DirectEncoder} from './direct.js';
import {boundedBytes, boundedLength, frameBytes, frameError, illegalLength, unsendableLength} from './frame-limits.js';
import {piecePool} from './piece-pool.js';
import {prefixed, reservePrefixed, type PrefixSettings} from './prefix-settings.js';
import {peekVarint, peekVarintWidth, readVarint, varintWidth, writeVarint} from './varint.js';

export function varintPrefixed(settings: PrefixSettings): Codec<Buffer, Bytes> {
	const {offset, adjustment, keepHeader, bounds} = settings;
	const {minLength, maxLength} = bounds;
	const decode = (inbox: Inbox): Buffer | undefined => {
		const width = peekVarintWidth(inbox, offset);
		if (width === undefined) return undefined;
		const length = peekVarint(inbox, offset, width) + adjustment;
		if (length < minLength || length > maxLength) throw illegalLength(length, bounds);
		const headerBytes = offset + width;
		if (inbox.length < headerBytes + length) return undefined;
		return keepHeader ? inbox.take(headerBytes + length) : inbox.takeBetween(headerBytes, length, 0);
	};
	return keepHeader
		? ownCodec(decode, checkHeader(settings))
		: ownCodec(decode, addHeader(settings), directEncoder(settings));
}

function directEncoder({offset, adjustment, sendBounds}: PrefixSettings): DirectEncoder<Bytes> {
	return {
		sizeOf(frame) {
			if (typeof frame === 'string') return -1;
			const length = boundedLength(frame, sendBounds);
			return offset + varintWidth(length - adjustment) + length;
		},
		write(memory, at, frame, size) {
			const length = byteLengthOf(frame as Uint8Array);
			for (let index = 0; index < offset; index++) memory[at + index] = 0;
			writeVarint(memory, at + offset, length - adjustment);
			memory.set(frame as Uint8Array, at + size - length);
		},
	};
}

function addHeader({offset, adjustment, sendBounds}: PrefixSettings): Codec<Buffer, Bytes>['encode'] {
	return frame => {
		const body = boundedBytes(frame, sendBounds);
		const length = byteLengthOf(body);
		const value = length - adjustment;
		const headerBytes = offset + varintWidth(value);
		reservePrefixed(offset, headerBytes, length);
		writeVarint(piecePool.bytes, piecePool.at + offset, value);
		return prefixed(headerBytes, body, length);
	};
}

function checkHeader({offset, adjustment, sendBounds}: PrefixSettings): Codec<Buffer, Bytes>['encode'] {
	return frame => {
		const bytes = plainView(frameBytes(frame));
		const varint = readVarint(bytes, offset);
		if (varint === undefined)
			throw frameError(`one with a varint after ${offset} bytes`, `one of ${bytes.length} bytes without it`);
		const length = bytes.length - offset - varint.width;
		if (length < sendBounds.minLength || length > sendBounds.maxLength) throw unsendableLength(length, sendBounds);
		if (varint.value + adjustment !== length)
			throw frameError(
				`one whose varint says ${length - adjustment}, as ${length} bytes follow the header`,
				`one that says ${varint.value}`,
			);
		return bytes;
	};
}
