/** What the library's own codecs do with an InputBuffer, without the checks that its methods make for others. */
import type {Buffer} from 'node:buffer';
import {countTaken, inboxOf, type InputBuffer} from './input-buffer.js';

/** Takes `before`, `count` and `after` bytes out, all of which must be there, and gives the `count` in the middle. */
export function takeFrame(buffer: InputBuffer, before: number, count: number, after: number): Buffer {
	countTaken(buffer, before + count + after);
	return inboxOf(buffer).takeBetween(before, count, after);
}

/** Takes `count` and `after` bytes out, all of which must be there, and gives the `count` as UTF-8. */
export function takeText(buffer: InputBuffer, count: number, after: number): string {
	const inbox = inboxOf(buffer);
	countTaken(buffer, count + after);
	const text = inbox.takeText(count);
	inbox.discard(after);
	return text;
}

/** As `find`, of a needle that never changes and is the same object each time. */
export function findNeedle(buffer: InputBuffer, needle: Uint8Array): number {
	return inboxOf(buffer).find(needle);
}

/** The `count` bytes that begin `offset` bytes from the front, which must be there and stay. */
export function peekAt(buffer: InputBuffer, offset: number, count: number): Buffer {
	return inboxOf(buffer).peekAt(offset, count);
}

/** The number that `read` makes of the `width` bytes that begin `offset` bytes from the front, which must be there. */
export function peekNumber(
	buffer: InputBuffer,
	offset: number,
	width: number,
	read: (bytes: Uint8Array, at: number) => number,
): number {
	const inbox = inboxOf(buffer);
	const at = inbox.place(offset, width);
	return at < 0 ? read(inbox.peekAt(offset, width), 0) : read(inbox.front, at);
}
