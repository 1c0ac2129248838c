/** The limits of a connection, whatever its face, and the errors that tell which was passed. */
import type {LimitName} from '../connection-types.js';
import {LimitError, TimeoutError} from '../errors.js';
import type {ErrorPlace} from '../internal/errno-errors.js';
import type {ConnectionTarget} from '../loop/dispatch.js';
import type {Link} from './link.js';
import type {SendClock} from './send-clock.js';
import {withoutStack} from './stackless.js';

/** The options, checked: one object for all connections of a server. Infinity for no limit. */
export interface ConnectionLimits {
	/** Bytes. */
	readonly maxPendingBytes: number;
	/** Ms. */
	readonly stallTimeout: number;
	/** Ms. */
	readonly sendTimeout: number;
	/** Ms. */
	readonly idleTimeout: number;
	/** Ms. */
	readonly frameTimeout: number;
}

export const noLimits: ConnectionLimits = Object.freeze({
	maxPendingBytes: Infinity,
	stallTimeout: Infinity,
	sendTimeout: Infinity,
	idleTimeout: Infinity,
	frameTimeout: Infinity,
});

/** A connection, as far as it is limited in time. */
export interface LimitedConnection extends ConnectionTarget {
	readonly link: Link;
	readonly limits: ConnectionLimits;
	/** Only with a `sendTimeout`. */
	readonly sendClock: SendClock | undefined;
	/** Bytes of sends wait for the peer. */
	hasPending(): boolean;
	/** The call whose bytes are to go next, apart from what has been handed to native code. */
	headSend(): object | undefined;
	/** A limit has been passed: afterwards it has ended, by RST. */
	onLimit(name: LimitName, error: LimitError | TimeoutError): void;
}

/** Limits that are times. */
type TimeLimitName = Exclude<LimitName, 'maxPendingBytes'>;

const whatTookTooLong: Readonly<Record<TimeLimitName, (limit: number) => string>> = {
	stallTimeout: limit => `The peer has taken none of the bytes that wait for it within ${limit} ms (stallTimeout)`,
	sendTimeout: limit => `A send has not come to its end within ${limit} ms (sendTimeout)`,
	idleTimeout: limit => `No byte has come or gone for ${limit} ms (idleTimeout)`,
	frameTimeout: limit => `A frame was not complete ${limit} ms after its first byte (frameTimeout)`,
};

/** The error for a limit of time, of `limit` ms. */
export function timeLimitPassed(limitName: TimeLimitName, limit: number, place: ErrorPlace): TimeoutError {
	const syscall = limitName === 'idleTimeout' || limitName === 'frameTimeout' ? 'read' : 'write';
	const {address, port} = shown(place);
	const message = whatTookTooLong[limitName](limit);
	return withoutStack(() => new TimeoutError('ETIMEDOUT', message, {limitName, syscall, address, port}));
}

/** The error for `actual` bytes that wait to be sent. */
export function pendingLimitPassed(
	{maxPendingBytes: limit}: ConnectionLimits,
	actual: number,
	place: ErrorPlace,
): LimitError {
	const message = `${actual} bytes wait to be sent, maxPendingBytes is ${limit}: the peer does not read`;
	return new LimitError(message, {limit, actual, syscall: 'write', ...shown(place)});
}

function shown({address, port, path}: ErrorPlace): {address: string | undefined; port: number | undefined} {
	return path === undefined ? {address, port} : {address: path, port: undefined};
}
