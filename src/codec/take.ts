/** What the library's own codecs do with an InputBuffer, without the checks that its methods make for others. */
import type {Buffer} from 'node:buffer';
import {countTaken, inboxOf, type InputBuffer} from './input-buffer.js';

/** Takes `before`, `count` and `after` bytes out, all of which must be there, and gives the `count` in the middle. */
export function takeFrame(buffer: InputBuffer, before: number, count: number, after: number): Buffer {
	countTaken(buffer, before + count + after);
	return inboxOf(buffer).takeBetween(before, count, after);
}
