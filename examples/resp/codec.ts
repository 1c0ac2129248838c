import type {Buffer} from 'node:buffer';
import {LimitError, ProtocolError} from 'cotcp';
import type {Codec, InputBuffer} from 'cotcp/codec';
import {splitInline} from './inline.js';
import {encodeReply, type Reply} from './reply.js';

/** The command and its arguments; empty for an empty line, which wants no answer. They share their memory with other requests. */
export type Request = readonly Buffer[];

export const maxArguments = 64 * 1024;
export const maxRequestBytes = 64 * 1024 * 1024;
export const maxInlineBytes = 64 * 1024;

const mostDigits = 10;
const lineEnd = 2;
const code = (character: string) => character.charCodeAt(0);
const star = code('*');
const dollar = code('$');
const minus = code('-');
const zero = code('0');
const carriageReturn = code('\r');
const lineFeed = code('\n');

function checkLimit(what: string, actual: number, limit: number): void {
	if (actual > limit) throw new LimitError(`${what}: ${actual}, at most ${limit} are allowed`, {limit, actual});
}

/**
 * RESP2 as a server speaks it. A request is taken out when it is whole. Until then the codec remembers how far it has come, so that no argument
 * is looked at twice. That is state: every connection has a codec of its own.
 */
export class RespCodec implements Codec<Request, Reply> {
	/** Bytes of the request that are understood. */
	#at = 0;
	/** Arguments that are still to come. */
	#missing = 0;
	/** Length of the argument that is coming; undefined before its header is there. */
	#coming: number | undefined;
	/** Where the arguments that have come begin and end, by turns. */
	#places: number[] = [];

	readonly encode = encodeReply;

	decode(buffer: InputBuffer): Request | undefined {
		if (this.#at === 0) {
			if (buffer.readableBytes === 0) return undefined;
			if (buffer.peekUInt8() !== star) return this.#takeInline(buffer);
			const count = this.#readNumber(buffer, star);
			if (count === undefined) return undefined;
			checkLimit('Arguments of a request', count, maxArguments);
			this.#missing = count;
		}

		for (; this.#missing > 0; this.#missing--) {
			if (!this.#passArgument(buffer)) return undefined;
		}

		const bytes = buffer.retrieve(this.#at);
		const request: Buffer[] = [];
		for (let index = 0; index < this.#places.length; index += 2) {
			request.push(bytes.subarray(this.#places[index], this.#places[index + 1]));
		}

		this.#at = 0;
		this.#places = [];
		return request;
	}

	/** A line that begins with none of the protocol's own characters. */
	#takeInline(buffer: InputBuffer): Request | undefined {
		const end = buffer.findEOL();
		checkLimit('Bytes of an inline command', end < 0 ? buffer.readableBytes : end, maxInlineBytes);
		return end < 0 ? undefined : splitInline(buffer.retrieve(end + 1).toString('latin1'));
	}

	/** Goes past one argument; false: it is not all there. */
	#passArgument(buffer: InputBuffer): boolean {
		this.#coming ??= this.#readNumber(buffer, dollar);
		if (this.#coming === undefined) return false;
		const end = this.#at + this.#coming;
		checkLimit('Bytes of a request', end, maxRequestBytes);
		if (buffer.readableBytes < end + lineEnd) return false;
		if (buffer.peekUInt8(end) !== carriageReturn || buffer.peekUInt8(end + 1) !== lineFeed) {
			throw new ProtocolError('An argument is longer than was announced');
		}

		this.#places.push(this.#at, end);
		this.#at = end + lineEnd;
		this.#coming = undefined;
		return true;
	}

	/** The number of a header such as `$12`, which is passed; undefined: the line is not all there. */
	#readNumber(buffer: InputBuffer, kind: number): number | undefined {
		const {readableBytes} = buffer;
		const start = this.#at + 1;
		if (readableBytes < start) return undefined;
		if (buffer.peekUInt8(this.#at) !== kind)
			throw new ProtocolError(`A '${String.fromCharCode(kind)}' was expected`);
		let value = 0;
		let sign = 1;
		for (let at = start; at < readableBytes; at++) {
			const byte = buffer.peekUInt8(at);
			const digit = byte - zero;
			if (digit >= 0 && digit <= 9 && at - start < mostDigits) value = value * 10 + digit;
			// An array of a negative length is as empty as one of length 0.
			else if (byte === minus && at === start && kind === star) sign = 0;
			else if (byte !== carriageReturn || at < start + 2 - sign) throw new ProtocolError('A length is no number');
			else {
				if (at + 1 === readableBytes) return undefined;
				if (buffer.peekUInt8(at + 1) !== lineFeed) throw new ProtocolError('A length is no number');
				this.#at = at + lineEnd;
				return value * sign;
			}
		}

		return undefined;
	}
}
