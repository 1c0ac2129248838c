/** What the reading and the writing half need to know, and tell, of the end of their connection. */
import type {TcpError} from '../errors.js';

export interface EndSource {
	/** false: the connection has ended, or this side has begun to close it. */
	readonly isOpen: boolean;
	/** This side's doing: what is buffered is not handed out any more. */
	readonly isOwnEnd: boolean;
	/** Bytes that may wait behind the send whose turn it is, Infinity for no limit. */
	readonly maxPendingBytes: number;
	/** Ms that a frame may take from its first byte to its last, Infinity for no limit. */
	readonly frameTimeout: number;
	/** A new error for a call that the end has met. */
	endError(bytesSent?: number): TcpError;
	/** A new error for a call that comes too late: after close(), or after the end. */
	refusal(): TcpError;
	/** A direct receive has found the connection broken, with nothing left to read: afterwards it has ended. */
	onBroken(errno: number, syscall: string): void;
	/** A direct write has found it broken. What had arrived is on its way, and the end behind it. */
	onWriteBroken(error: TcpError): void;
	/** The peer's clean end has been read, or this side's FIN has gone out. */
	onHalfEnd(): void;
	/** A send was cancelled after its first byte: afterwards the connection has ended, by `error` itself if it `isOutcome`. */
	onCancelled(error: unknown, bytesSent: number, isOutcome: boolean): void;
	/** A send has found `waitingBytes`, more than may wait: afterwards the connection has ended. */
	onPendingLimit(waitingBytes: number): void;
	/** What was read, or was not, ends it: afterwards it has ended. */
	endBy(reason: 'protocol' | 'error' | 'frameTimeout', error: unknown): void;
	/** No send waits any more. */
	onWritesDone(): void;
}
