/** What is searched for, in memory of its own: it must not change while a search goes on. */
import {Buffer} from 'node:buffer';
import type {Bytes} from '../connection-types.js';
import {plainView} from '../validate.js';

/** A longer one is not kept. */
const mostBytesKept = 4096;

/** The one asked for last, which the next reader nearly always asks for again: a search for the same object goes on where it was. */
let last: Buffer = Buffer.alloc(0);
/** What it was made of, if that was text. */
let lastText: string | undefined;

/** The same object as the last time for the same bytes. Nobody may write to it. */
export function needleOf(bytes: Bytes): Buffer {
	if (typeof bytes === 'string') return bytes === lastText ? last : keep(Buffer.from(bytes), bytes);
	const view = plainView(bytes);
	return last.equals(view) ? last : keep(Buffer.from(view), undefined);
}

function keep(needle: Buffer, text: string | undefined): Buffer {
	if (needle.length > mostBytesKept) return needle;
	last = needle;
	lastText = text;
	return needle;
}
