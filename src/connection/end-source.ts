/** What the reading and the writing half need to know, and tell, of the end of their connection. */
import type {LimitName} from '../connection-types.js';
import type {LimitError, TcpError, TimeoutError} from '../errors.js';
import type {ConnectionLimits} from './limits.js';
import type {SendClock} from './send-clock.js';

export interface EndSource {
	/** false: the connection has ended, or this side has begun to close it. */
	readonly isOpen: boolean;
	/** This side's doing: what is buffered is not handed out any more. */
	readonly isOwnEnd: boolean;
	readonly limits: ConnectionLimits;
	/** Only with a `sendTimeout`. */
	readonly sendClock: SendClock | undefined;
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
	/** A limit has been passed: afterwards the connection has ended, by RST. */
	onLimit(name: LimitName, error: LimitError | TimeoutError): void;
	/** No send waits any more. */
	onWritesDone(): void;
}
