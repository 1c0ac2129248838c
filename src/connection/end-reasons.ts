/** What the reasons of an end mean to later calls. */
import type {CloseReason} from '../connection-types.js';

/** Ends by RST that this side brought about: what is buffered is not handed out any more. */
export const ownResets: ReadonlySet<CloseReason> = new Set(['reset', 'error', 'aborted']);

export const closedMessages: Readonly<Record<CloseReason, string>> = {
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
};
