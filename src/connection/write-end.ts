/** Why the writing half of a connection takes nothing any more, and how its calls are told. */
import {ClosedError, type TcpError} from '../errors.js';
import {endError, errorFromErrno} from '../internal/errno-errors.js';
import {rejectHandled} from './call.js';
import type {EndSource} from './end-source.js';
import type {Link} from './link.js';
import {own} from './ownership.js';

export class WriteEnd {
	readonly #link: Link;
	readonly #end: EndSource;
	/** What a write found; what was called after it gets a new error of its kind. */
	#failure: TcpError | undefined;

	constructor(link: Link, end: EndSource) {
		this.#link = link;
		this.#end = end;
	}

	/** Why a call is not let in, as a rejection. `isShutDown`: the sending half is, which is in its way. */
	refused(isShutDown: boolean): Promise<never> | undefined {
		// Only what tells of the connection's end may be dropped: to send after one's own shutdown is a mistake.
		if (!this.#end.isOpen) return rejectHandled(this.#end.refusal());
		if (this.#failure !== undefined) return rejectHandled(this.error(0));
		if (!isShutDown) return undefined;
		return Promise.reject(
			own(new ClosedError('ERR_TCP_CLOSED', 'The sending half of this connection has been shut down'), this.#end),
		);
	}

	/** A write has found the connection broken: minus the errno. */
	broken(outcome: number, bytesSent: number, syscall = 'write'): TcpError {
		this.#failure = errorFromErrno(-outcome, syscall, this.#link.place);
		this.#end.onWriteBroken(this.#failure);
		return this.error(bytesSent);
	}

	/** A new error for a call that the end has met. */
	error(bytesSent: number): TcpError {
		return this.#failure === undefined
			? this.#end.endError(bytesSent)
			: own(endError(this.#failure, bytesSent), this.#end);
	}
}
