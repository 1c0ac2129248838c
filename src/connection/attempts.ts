/** What each kind of read wants from the inbox: undefined = not yet enough. Nothing is taken before all of it is there. */
import {Buffer} from 'node:buffer';
import {LimitError, UnexpectedEndError} from '../errors.js';
import type {ErrorPlace} from '../internal/errno-errors.js';
import type {Inbox} from './inbox.js';
import {workDone, type Attempt} from './read-source.js';

/** Where the connection leads, for errors: asked for only when one is made. */
export type Place = () => ErrorPlace;

const lf = 10;
const cr = 13;
const lineFeed = Buffer.from([lf]);
const maxPartialBytes = 65_536;

/** `dropped`: bytes of the message that are gone already. */
export function unexpectedEnd(inbox: Inbox, place: Place, expected?: number, dropped = 0): UnexpectedEndError {
	const {address, port} = place();
	const wanted = expected === undefined ? '' : ` of ${expected}`;
	return new UnexpectedEndError(
		'ERR_TCP_UNEXPECTED_END',
		`The peer ended its stream after ${dropped + inbox.length}${wanted} bytes of a message`,
		{
			partial: inbox.peek(Math.min(inbox.length, maxPartialBytes)),
			expected,
			syscall: 'read',
			address,
			port,
		},
	);
}

function limitPassed(inbox: Inbox, place: Place, limit: number): LimitError {
	const {address, port} = place();
	return new LimitError(`The message is longer than ${limit} bytes: ${inbox.length} have come without its end`, {
		limit,
		actual: inbox.length,
		syscall: 'read',
		address,
		port,
	});
}

/** What is there, at most `max` bytes; `copy`: in memory of its own. */
export function chunk(max: number | undefined, copy: boolean): Attempt<Buffer | null> {
	return (inbox, isEnd) => {
		if (inbox.length === 0) return isEnd ? null : undefined;
		const bytes = inbox.takeChunk(max);
		if (!copy) return bytes;
		const own = Buffer.allocUnsafeSlow(bytes.length);
		own.set(bytes);
		return own;
	};
}

export function exactly(count: number, place: Place): Attempt<Buffer> {
	return (inbox, isEnd) => {
		if (inbox.length >= count) return inbox.take(count);
		if (isEnd) throw unexpectedEnd(inbox, place, count);
		return undefined;
	};
}

export function peek(count: number, place: Place): Attempt<Buffer | null> {
	return (inbox, isEnd) => {
		if (inbox.length >= count) return inbox.peek(count);
		if (!isEnd) return undefined;
		if (inbox.length === 0) return null;
		throw unexpectedEnd(inbox, place, count);
	};
}

/** Drops as it comes: what is skipped need not fit into memory. */
export function discard(count: number, place: Place): Attempt<typeof workDone> {
	let left = count;
	return (inbox, isEnd) => {
		left -= inbox.discard(left);
		if (left === 0) return workDone;
		if (isEnd) throw unexpectedEnd(inbox, place, count, count - left);
		return undefined;
	};
}

/** true while `delimiter` may have begun at or before `limit` and not all of it has come. */
function mayBegin(inbox: Inbox, delimiter: Uint8Array, limit: number): boolean {
	const bytes = inbox.peek(Math.min(inbox.length, limit + delimiter.length));
	for (
		let start = Math.max(0, inbox.length - delimiter.length + 1);
		start <= limit && start < bytes.length;
		start++
	) {
		const begun = bytes.subarray(start);
		if (begun.equals(delimiter.subarray(0, begun.length))) return true;
	}

	return false;
}

export function until(delimiter: Uint8Array, limit: number, place: Place): Attempt<Buffer | null> {
	return (inbox, isEnd) => {
		const at = inbox.find(delimiter);
		if (at >= 0 && at <= limit) return inbox.take(at + delimiter.length);
		if (at > limit || (inbox.length > limit && !mayBegin(inbox, delimiter, limit)))
			throw limitPassed(inbox, place, limit);
		if (!isEnd) return undefined;
		if (inbox.length === 0) return null;
		throw unexpectedEnd(inbox, place);
	};
}

export function line(limit: number, place: Place): Attempt<string | null> {
	return (inbox, isEnd) => {
		const at = inbox.find(lineFeed);
		// A CR before the LF is part of the line's end, so one byte more than the limit may have come.
		const hasCr = (end: number): boolean => end > 0 && inbox.peek(end)[end - 1] === cr;
		if (at >= 0) {
			const length = hasCr(at) ? at - 1 : at;
			if (length > limit) throw limitPassed(inbox, place, limit);
			return inbox.take(at + 1).toString('utf8', 0, length);
		}

		if (inbox.length > limit + 1 || (inbox.length === limit + 1 && !hasCr(inbox.length)))
			throw limitPassed(inbox, place, limit);
		if (!isEnd) return undefined;
		if (inbox.length === 0) return null;
		throw unexpectedEnd(inbox, place);
	};
}

export function all(limit: number, place: Place): Attempt<Buffer> {
	return (inbox, isEnd) => {
		if (inbox.length > limit) throw limitPassed(inbox, place, limit);
		return isEnd ? inbox.take(inbox.length) : undefined;
	};
}
