/** Frames behind a length field of a fixed number of bytes. */
import {Buffer} from 'node:buffer';
import type {Inbox} from '../connection/inbox.js';
import type {Bytes} from '../connection-types.js';
import {byteLengthOf, plainView} from '../validate.js';
import type {Codec} from './codec.js';
import {ownCodec, type DirectEncoder} from './direct.js';
import {boundedBytes, boundedLength, frameBytes, frameError, illegalLength, unsendableLength} from './frame-limits.js';
import type {LengthField} from './length-field.js';
import {piecePool} from './piece-pool.js';
import {prefixed, reservePrefixed, type PrefixSettings} from './prefix-settings.js';

export function fieldPrefixed(field: LengthField, settings: PrefixSettings): Codec<Buffer, Bytes> {
	const {offset, adjustment, keepHeader, bounds} = settings;
	const {minLength, maxLength} = bounds;
	const {width, read} = field;
	const headerBytes = offset + field.width;
	const dropped = keepHeader ? 0 : headerBytes;
	const kept = headerBytes - dropped;
	const decode = (inbox: Inbox): Buffer | undefined => {
		if (inbox.length < headerBytes) return undefined;
		const at = inbox.place(offset, width);
		const number = at < 0 ? read(inbox.peekAt(offset, width), 0) : read(inbox.front, at);
		const length = number + adjustment;
		if (length < minLength || length > maxLength) throw illegalLength(length, bounds);
		return inbox.length < headerBytes + length ? undefined : inbox.takeBetween(dropped, kept + length, 0);
	};
	return keepHeader
		? ownCodec(decode, checkHeader(field, settings))
		: ownCodec(decode, addHeader(field, settings), directEncoder(field, settings));
}

function directEncoder(field: LengthField, {offset, adjustment, sendBounds}: PrefixSettings): DirectEncoder<Bytes> {
	const headerBytes = offset + field.width;
	const {write} = field;
	return {
		sizeOf: frame => (typeof frame === 'string' ? -1 : headerBytes + boundedLength(frame, sendBounds)),
		write(memory, at, frame, size) {
			for (let index = 0; index < offset; index++) memory[at + index] = 0;
			write(memory, at + offset, size - headerBytes - adjustment);
			memory.set(frame as Uint8Array, at + headerBytes);
		},
	};
}

function addHeader(field: LengthField, settings: PrefixSettings): Codec<Buffer, Bytes>['encode'] {
	const {offset, adjustment, sendBounds} = settings;
	const headerBytes = offset + field.width;
	const {write} = field;
	return frame => {
		const body = boundedBytes(frame, sendBounds);
		const length = byteLengthOf(body);
		reservePrefixed(offset, headerBytes, length);
		write(piecePool.bytes, piecePool.at + offset, length - adjustment);
		return prefixed(headerBytes, body, length);
	};
}

function checkHeader(field: LengthField, settings: PrefixSettings): Codec<Buffer, Bytes>['encode'] {
	const {offset, adjustment, sendBounds} = settings;
	const headerBytes = offset + field.width;
	const expected = Buffer.alloc(field.width);
	return frame => {
		const bytes = plainView(frameBytes(frame));
		const length = bytes.length - headerBytes;
		if (length < 0) throw frameError(`at least its header of ${headerBytes} bytes`, `${bytes.length} bytes`);
		if (length < sendBounds.minLength || length > sendBounds.maxLength) throw unsendableLength(length, sendBounds);
		field.write(expected, 0, length - adjustment);
		for (let index = 0; index < field.width; index++) {
			if (bytes[offset + index] !== expected[index])
				throw frameError(
					`one whose length field says ${length - adjustment}, as ${length} bytes follow the header`,
					'another number there',
				);
		}

		return bytes;
	};
}
