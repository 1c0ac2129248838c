/** The values that connections take and give. */
import type {LimitName} from './errors.js';

export type {LimitName} from './errors.js';

/** Bytes to send: strings are UTF-8 (lone surrogates become U+FFFD); other views and ArrayBuffers are a TypeError. */
export type Bytes = Uint8Array | string;

/**
 * What every awaiting call takes; neither makes the connection unusable, except a `send` whose first byte is out.
 *
 * @example
 * ```ts
 * const chunk = await connection.read({timeout: 5000, signal: controller.signal});
 * ```
 */
export interface OperationOptions {
	/** Abort rejects with `signal.reason`, unchanged. Already aborted: rejects before anything happens. */
	signal?: AbortSignal | undefined;
	/** Milliseconds, then TimeoutError; 0 means "only if it can be done without waiting". Default: Infinity. */
	timeout?: number | undefined;
}

/** Options of `read`. */
export interface ReadOptions extends OperationOptions {
	/** At most so many bytes, an integer from 1. Default: what is there, up to the receive size (64 to 512 KiB). */
	max?: number | undefined;
	/** true: memory of its own, which may be transferred. Default: false (a view of a shared slab that is never written again). */
	copy?: boolean | undefined;
}

/** Options of the reads that take a message of unknown length. */
export interface LimitedReadOptions extends OperationOptions {
	/**
	 * Bytes of the message without its delimiter, an integer from 1, or Infinity. More have come and no delimiter begins
	 * among them: LimitError, the bytes stay.
	 */
	limit?: number | undefined;
}

/**
 * Options of `sendFile`.
 *
 * @example
 * ```ts
 * await connection.sendFile('video.mp4', {offset: 1_000_000, header: 'from byte 1000000\n'});
 * ```
 */
export interface SendFileOptions extends OperationOptions {
	/** First byte of the file to send, an integer from 0. Default: 0. */
	offset?: number | undefined;
	/** Bytes of the file, an integer from 0. Default: to the end of the file as it is when the call's turn comes. */
	length?: number | undefined;
	/** Goes before the file, in the same turn. The memory must not be changed until the call has settled. */
	header?: Bytes | undefined;
	/** Goes after the file, in the same turn. The memory must not be changed until the call has settled. */
	trailer?: Bytes | undefined;
	/** Bytes of the file so far and in all; at most once per turn of the loop. What it throws is an uncaughtException. */
	onProgress?: ((sent: number, total: number) => void) | undefined;
}

/** Options of `close`. */
export interface CloseOptions {
	/** Milliseconds to wait before what is left is reset; 0 = at once. */
	timeout?: number | undefined;
}

/** One end of a connection, or where a server listens; stays valid after the end. IPv4-mapped IPv6 addresses are given as IPv4. */
export interface SocketAddress {
	/** `''` for a unix socket. */
	readonly address: string;
	/** `0` for a unix socket. */
	readonly port: number;
	/** Kind of the address. */
	readonly family: 'ipv4' | 'ipv6' | 'unix';
	/** Only for a unix socket; `''` for an unnamed peer. */
	readonly path?: string;
}

/** `disconnecting`: this side has begun to end it (`shutdown` or `close`). The coroutine face is never `connecting`. */
export type ConnectionState = 'connecting' | 'connected' | 'disconnecting' | 'disconnected';

/**
 * How a connection ended.
 *
 * - `closed`: in good order, by `close()` or the handler's return, whoever sent the first FIN
 * - `reset`: this side called `reset()` or `forceClose()`
 * - `broken`: peer or network (`error.code`: ECONNRESET, EPIPE, ETIMEDOUT, ...)
 * - `error`: the handler threw
 * - `cancelled`: a `send` was aborted or timed out after its first byte; `error` is the TimeoutError, or a ClosedError with
 *   `bytesSent` and the signal's reason as `cause`
 * - `aborted`: `server.close()` or `stop()` ran out of time, or the server's thread ended
 * - `detached`: moved to the other face (`toAwaitable`)
 * - a LimitName: a limit was passed; `error` is the LimitError, for a limit of time the TimeoutError with its `limitName`
 */
export type CloseReason = 'closed' | 'reset' | 'broken' | 'error' | 'cancelled' | 'aborted' | 'detached' | LimitName;

/** What `closed` and `close()` of a connection resolve to. */
export interface CloseInfo {
	/** How it ended. */
	readonly reason: CloseReason;
	/** What ended it; absent for `closed`, `reset`, `aborted`, `detached`. For `error`: what was thrown. */
	readonly error?: unknown;
	/** Bytes handed to the caller. */
	readonly bytesRead: number;
	/** Bytes the kernel took. */
	readonly bytesWritten: number;
	/** Milliseconds from its beginning to its end. */
	readonly durationMs: number;
}

/** Counters of one connection; stay valid after its end. */
export interface ConnectionStats {
	/** Bytes handed to the caller. */
	readonly bytesRead: number;
	/** Bytes the kernel took. */
	readonly bytesWritten: number;
	/** Bytes of sends that have begun or wait for their turn and are not in the kernel. */
	readonly pendingBytes: number;
}

/** TCP_INFO of tcp(7): times in milliseconds, the rest in the kernel's units. */
export interface TcpInfo {
	/** Number of the TCP state, as in `TCP_ESTABLISHED` (1). */
	readonly state: number;
	/** Smoothed round-trip time, ms. */
	readonly rtt: number;
	/** Its mean deviation, ms. */
	readonly rttVariation: number;
	/** Smallest round-trip time seen, ms. */
	readonly minRtt: number;
	/** Segments. */
	readonly congestionWindow: number;
	/** Bytes. */
	readonly sendMss: number;
	/** Bytes. */
	readonly receiveMss: number;
	/** Segments sent and not acknowledged. */
	readonly unacked: number;
	/** Segments. */
	readonly lost: number;
	/** Retransmissions in a row of what has not been acknowledged. */
	readonly retransmits: number;
	/** Bytes the peer has acknowledged. */
	readonly bytesAcked: number;
	/** Bytes that have arrived, read or not. */
	readonly bytesReceived: number;
	/** Bytes in the kernel that have not been sent for the first time. */
	readonly notSentBytes: number;
	/** Bytes per second. */
	readonly deliveryRate: number;
}
