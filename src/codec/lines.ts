/** Lines of text. */
import {Buffer} from 'node:buffer';
import type {Inbox} from '../connection/inbox.js';
import {checkLimit, checkOptionsObject, checkString, invalidArgType, optional} from '../validate.js';
import type {Codec} from './codec.js';
import {ownCodec} from './direct.js';
import {frameError, illegalLength, mostBytes, unsendableLength} from './frame-limits.js';

/** Options of {@link lines}. */
export interface LinesOptions {
	/** What encode appends. Decode takes LF and CRLF. Default: '\n'. */
	eol?: '\n' | '\r\n' | undefined;
	/** Bytes without the end of line. Default: 64 KiB. */
	maxLength?: number | undefined;
}

const defaultMaxLength = 64 * 1024;
const cr = 13;
/** One object for all, so that what was searched in vain is not searched again. */
const lineFeed = Buffer.from('\n');
/** Most bytes of UTF-8 that one unit of a string becomes. */
const bytesPerUnit = 3;

/**
 * UTF-8 lines, without their end; an empty line is one. Bytes that are no UTF-8 become U+FFFD, and a CR that no LF follows
 * stays in its line.
 *
 * Encode refuses a line with LF in it, and with the end `'\n'` one that ends in CR, which would be read as part of the end (RangeError).
 *
 * @example
 * ```ts
 * const commands = connection.framed(lines());
 * for await (const command of commands) await commands.send(`you said ${command}`);
 * ```
 */
export function lines(options?: LinesOptions): Codec<string> {
	const given = checkOptionsObject('options', options) ?? {};
	const eol = optional(given.eol, checkEol, '\n');
	const limit = optional(given.maxLength, value => checkLimit('maxLength', value, 1), defaultMaxLength);
	const bounds = {minLength: 0, maxLength: Math.min(limit, mostBytes)};
	const {maxLength} = bounds;
	const decode = (inbox: Inbox): string | undefined => {
		const at = inbox.find(lineFeed);
		if (at < 0) {
			// The last byte may be the CR of the end.
			if (inbox.length > maxLength && contentLength(inbox, inbox.length) > maxLength)
				throw illegalLength(inbox.length, bounds);
			return undefined;
		}

		const length = contentLength(inbox, at);
		if (length > maxLength) throw illegalLength(length, bounds);
		const text = inbox.takeText(length);
		inbox.discard(at + 1 - length);
		return text;
	};
	return ownCodec(decode, (frame: string) => {
		const line = checkString('frame', frame);
		if (line.length * bytesPerUnit > maxLength && Buffer.byteLength(line) > maxLength)
			throw unsendableLength(Buffer.byteLength(line), bounds);
		const lf = line.indexOf('\n');
		if (lf >= 0) throw frameError('without LF', `one with LF at ${lf}`);
		if (eol === '\n' && line.endsWith('\r')) throw frameError("without CR at its end if eol is '\\n'", 'one');
		return line + eol;
	});
}

/** Length of the line whose LF is, or would be, `end` bytes from the front. */
function contentLength(inbox: Inbox, end: number): number {
	return end > 0 && inbox.byteAt(end - 1) === cr ? end - 1 : end;
}

function checkEol(value: unknown): '\n' | '\r\n' {
	if (value !== '\n' && value !== '\r\n') throw invalidArgType('eol', "'\\n' or '\\r\\n'", value);
	return value;
}
