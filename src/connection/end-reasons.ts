/** What the reasons of an end mean to later calls. */
import type {CloseInfo, CloseReason} from '../connection-types.js';
import {ClosedError} from '../errors.js';

/** Ends by RST that this side brought about: what is buffered is not handed out any more. */
export const ownResets: ReadonlySet<CloseReason> = new Set(['reset', 'error', 'aborted']);

/** Ends by RST for what the peer, or a send, did or did not do: what had come is still read. */
export const forcedEnds: ReadonlySet<CloseReason> = new Set([
	'protocol',
	'cancelled',
	'maxPendingBytes',
	'frameTimeout',
	'stallTimeout',
	'sendTimeout',
	'idleTimeout',
]);

const closedMessages: Readonly<Record<CloseReason, string>> = {
	closed: 'The connection has been closed on this side',
	reset: 'The connection has been reset on this side',
	error: 'The connection has been reset, as its handler threw',
	aborted: 'The connection has been reset, as its server closed',
	protocol: 'The connection has been reset, as an illegal frame came',
	broken: 'The connection is broken',
	cancelled: 'The connection has been reset, as a send was cancelled',
	detached: 'The connection goes on in the other face',
	maxPendingBytes: 'The connection has been reset, as too many bytes waited to be sent',
	frameTimeout: 'The connection has been reset, as a frame took too long to complete',
	stallTimeout: 'The connection has been reset, as its peer took nothing for too long',
	sendTimeout: 'The connection has been reset, as a send took too long',
	idleTimeout: 'The connection has been reset, as it was idle for too long',
};

/** For a call that comes after an end of this side's; undefined: it is closing. */
export function closedError(info: CloseInfo | undefined, bytesSent: number): ClosedError {
	const {reason, error} = info ?? {reason: 'closed'};
	const cause = reason === 'error' ? error : undefined;
	return new ClosedError('ERR_TCP_CLOSED', closedMessages[reason], {bytesSent, cause});
}

/** What a send that was aborted has made of its connection. */
export function sendAborted(cause: unknown, bytesSent: number): ClosedError {
	return new ClosedError('ERR_TCP_CLOSED', 'A send was aborted after its first byte', {cause, bytesSent});
}
