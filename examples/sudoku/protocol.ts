/**
 * The lines of the protocol. A request is `[id:]81 digits`, an answer `[id:]81 digits`, `[id:]NoSolution` or
 * `[id:]ServerTooBusy`; all end with CRLF. Ids are bytes of any kind, so text here is Latin-1: a character is a byte.
 */
import type {InputBuffer} from 'cotcp/reactor';

export const endOfLine = '\r\n';
/** Bytes of a line, its CRLF not counted. */
export const maxLineLength = 100;
const cellCount = 81;
const carriageReturn = 13;

/** To a line that is no request, and to one that is too long. After either the server reads no further. */
export const badRequest = 'Bad Request!\r\n';
export const idTooLong = 'Id too long!\r\n';

export interface Request {
	/** `''`: it has none. */
	readonly id: string;
	/** 81 characters, which may be something else than digits. */
	readonly grid: string;
}

/** The first `length` bytes (default: all). */
export function decode(bytes: Buffer, length: number = bytes.length): string {
	return bytes.toString('latin1', 0, length);
}

export function encode(text: string): Buffer {
	return Buffer.from(text, 'latin1');
}

/** A line without its CRLF; undefined: a bad request. */
export function parseRequest(line: string): Request | undefined {
	const colon = line.indexOf(':');
	const grid = line.slice(colon + 1);
	return grid.length === cellCount ? {id: colon < 0 ? '' : line.slice(0, colon), grid} : undefined;
}

export const tooLong = Symbol('a line of more than 100 bytes');

/** Takes the next line, without its CRLF, out of the buffer. undefined: it has not come as a whole. A line that is too long stays. */
export function takeLine(buffer: InputBuffer): string | typeof tooLong | undefined {
	const length = buffer.findCRLF();
	if (length >= 0) {
		if (length > maxLineLength) return tooLong;
		return decode(buffer.retrieve(length + endOfLine.length), length);
	}

	const come = buffer.readableBytes;
	if (come <= maxLineLength) return undefined;
	// One byte more may be the first half of the CRLF.
	const mayEnd = come === maxLineLength + 1 && buffer.peek(come)[maxLineLength] === carriageReturn;
	return mayEnd ? undefined : tooLong;
}

/** undefined: the grid has no solution. */
export function solutionLine(id: string, solution: string | undefined): string {
	return line(id, solution ?? 'NoSolution');
}

export function tooBusyLine(id: string): string {
	return line(id, 'ServerTooBusy');
}

function line(id: string, text: string): string {
	return id === '' ? `${text}\r\n` : `${id}:${text}\r\n`;
}
