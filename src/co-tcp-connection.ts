/** The public connection: checks arguments, then leaves the work to the halves and the lifetime. */
import type {Buffer} from 'node:buffer';
import type {FileHandle} from 'node:fs/promises';
import {types} from 'node:util';
import type {
	Bytes,
	CloseInfo,
	CloseOptions,
	ConnectionState,
	ConnectionStats,
	LimitedReadOptions,
	OperationOptions,
	ReadOptions,
	SendFileOptions,
	SocketAddress,
	TcpInfo,
} from './connection-types.js';
import type {Codec} from './codec/codec.js';
import {createFramed, type FramedConnection} from './codec/framed.js';
import {settle} from './connection/call.js';
import {ChunkIterator} from './connection/chunk-iterator.js';
import type {Lifetime} from './connection/lifetime.js';
import * as calls from './connection/read-calls.js';
import {toPieces} from './connection/message.js';
import {idOf, nameOf, type ConnectionOrigin} from './connection/origin.js';
import {openToOthers, type RemoteToken} from './remote/lifetime-desk.js';
import {checkFile, normalizeClose, normalizeOperation, normalizeSendFile} from './normalize.js';
import {byteLengthOf, checkMessage, checkView, plainView} from './validate.js';

/** Makes a connection; only the library can. */
export let createConnection: <Context>(
	lifetime: Lifetime,
	origin: ConnectionOrigin,
	number: number,
) => CoTcpConnection<Context>;

/** What stands behind a connection. */
export let lifetimeOf: <Context>(connection: CoTcpConnection<Context>) => Lifetime;

/**
 * A TCP or unix connection with awaitable calls. One reader at a time: a second call that reads, of whatever kind, gets BusyError. Calls that write take turns, first-in first-out. null always means:
 * the peer has ended its stream and not one byte is left. A cancelled, timed-out or failed read loses no byte. An open connection keeps the process alive, and itself, until it ends.
 *
 * @example
 * ```ts
 * for await (const chunk of connection) await connection.send(chunk);
 * ```
 */
export class CoTcpConnection<Context = unknown> implements AsyncIterable<Buffer>, AsyncDisposable {
	readonly #lifetime: Lifetime;
	readonly #origin: ConnectionOrigin;
	readonly #number: number;

	private constructor(lifetime: Lifetime, origin: ConnectionOrigin, number: number) {
		this.#lifetime = lifetime;
		this.#origin = origin;
		this.#number = number;
		lifetime.face = this;
	}

	static {
		createConnection = (lifetime, origin, number) => new CoTcpConnection(lifetime, origin, number);
		lifetimeOf = connection => connection.#lifetime;
	}

	/** Unique in the process for its life: thread, slot and generation. */
	get id(): bigint {
		return idOf(this.#lifetime.link);
	}

	/** `${name}-${address}:${port}#${n}` with the name of server or client, the server's address, n from 1. */
	get name(): string {
		return nameOf(this.#origin, this.#number);
	}

	/** This side's address; stays valid after the end. */
	get localAddress(): SocketAddress {
		return this.#lifetime.link.localAddress;
	}

	/** The peer's address; stays valid after the end. */
	get remoteAddress(): SocketAddress {
		return this.#lifetime.link.remoteAddress;
	}

	/** `disconnecting` once `shutdown` or `close` has been called. */
	get state(): ConnectionState {
		return this.#lifetime.state;
	}

	/** Counters, in bytes; stay valid after the end. */
	get stats(): ConnectionStats {
		return this.#lifetime.stats();
	}

	/** Never rejects. Resolves after every pending call has settled and the descriptor is closed. */
	get closed(): Promise<CloseInfo> {
		return this.#lifetime.closed;
	}

	/** Aborts when the connection ends or breaks, before `closed` resolves; not at the peer's FIN, which is half of a close. Reason: the TcpError. */
	get signal(): AbortSignal {
		return this.#lifetime.signal;
	}

	/** Aborts when this connection's server begins to close; never for a connection made by `connect`. */
	get draining(): AbortSignal {
		return this.#origin.draining;
	}

	/**
	 * At least one byte, as soon as there is one; null at the end, for ever after.
	 *
	 * @param options `max`: at most so many bytes; `copy`: memory of its own; `signal`; `timeout` in ms
	 * @throws ClosedError, BrokenError, BusyError, TimeoutError, the signal's reason
	 */
	read(options?: ReadOptions): Promise<Buffer | null> {
		try {
			return options === undefined ? this.#lifetime.reads.read() : calls.read(this.#lifetime.reads, options);
		} catch (error) {
			return Promise.reject(error);
		}
	}

	/** Without waiting: undefined = nothing there now. @throws ClosedError, BrokenError, BusyError */
	tryRead(options?: {max?: number | undefined; copy?: boolean | undefined}): Buffer | null | undefined {
		return calls.tryRead(this.#lifetime.reads, options);
	}

	/** Resolves to the number of bytes put at the start of `view` (at least 1), null at the end. @throws RangeError for an empty view; else as `read` */
	readInto(view: Uint8Array, options?: OperationOptions): Promise<number | null> {
		return settle(() => calls.readInto(this.#lifetime.reads, view, options));
	}

	/** Resolves to exactly `n` bytes (`n` = 0: at once). @throws UnexpectedEndError for the end before that, even with no byte; the bytes stay. Else as `read` */
	readExactly(n: number, options?: OperationOptions): Promise<Buffer> {
		return settle(() => calls.readExactly(this.#lifetime.reads, n, options));
	}

	/**
	 * Resolves to the bytes up to and including the delimiter (not empty); null at the end between messages.
	 *
	 * @param options `limit`: bytes without the delimiter, 64 KiB by default; `signal`; `timeout` in ms
	 * @throws UnexpectedEndError for the end within a message, LimitError for a longer one; the bytes stay. Else as `read`
	 */
	readUntil(delimiter: Bytes, options?: LimitedReadOptions): Promise<Buffer | null> {
		return settle(() => calls.readUntil(this.#lifetime.reads, delimiter, options));
	}

	/**
	 * Resolves to one line without its LF or CRLF, decoded as UTF-8; null at the end between lines.
	 *
	 * @param options `limit`: bytes of the line, 64 KiB by default; `signal`; `timeout` in ms
	 * @throws UnexpectedEndError for an unfinished last line, LimitError for a longer one; the bytes stay. Else as `read`
	 */
	readLine(options?: LimitedReadOptions): Promise<string | null> {
		return settle(() => calls.readLine(this.#lifetime.reads, options));
	}

	/**
	 * Resolves to everything up to the end, perhaps empty.
	 *
	 * @param options `limit`: bytes, 10 MiB by default; `signal`; `timeout` in ms
	 * @throws LimitError if more has come; the bytes stay. Else as `read`
	 */
	readAll(options?: LimitedReadOptions): Promise<Buffer> {
		return settle(() => calls.readAll(this.#lifetime.reads, options));
	}

	/**
	 * Resolves to the next `n` bytes (from 1), which stay; null at the end with nothing left. `peek(1)` is "wait for more or the end".
	 *
	 * @throws UnexpectedEndError for fewer than `n` bytes. Else as `read`
	 */
	peek(n: number, options?: OperationOptions): Promise<Buffer | null> {
		return settle(() => calls.peek(this.#lifetime.reads, n, options));
	}

	/** Drops `n` bytes, as they come. Resolves when all are gone; cancelled, those that had come are. @throws UnexpectedEndError for the end before that. Else as `read` */
	discard(n: number, options?: OperationOptions): Promise<void> {
		return settle(() => calls.discard(this.#lifetime.reads, n, options));
	}

	/** `read()` until null. Rejects if the connection breaks. `break` does not close. */
	[Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
		return new ChunkIterator(this.#lifetime.reads);
	}

	/** A face for messages on this connection. Plain reads may be mixed in between frames. @throws TypeError for what is no codec */
	framed<In, Out>(codec: Codec<In, Out>): FramedConnection<In, Out> {
		return createFramed(this as CoTcpConnection, this.#lifetime, codec);
	}

	/**
	 * All bytes, in turn, never mixed with another call's. An array is one message. Resolves when the kernel, or the output buffer flushed in the same turn
	 * (so `flush()` before the handler computes for long), has every byte: no acknowledgement by the peer. The memory must not be changed until then.
	 *
	 * **Cancelled before its first byte: nothing is sent. After it: the connection is reset** (`cancelled`), and `bytesSent` of the
	 * TimeoutError, or of `(await closed).error` after an abort, tells how far it came. So give no request's signal to a send on a
	 * connection that is shared.
	 *
	 * @throws ClosedError, BrokenError, TimeoutError, the signal's reason
	 */
	send(data: Bytes | readonly Bytes[], options?: OperationOptions): Promise<void> {
		try {
			if (options === undefined && types.isUint8Array(data))
				return this.#lifetime.writes.sendView(data, byteLengthOf(data));
			return this.#lifetime.writes.send(toPieces(checkMessage('data', data)), normalizeOperation(options));
		} catch (error) {
			return Promise.reject(error);
		}
	}

	/**
	 * The primitive under `send`: writes what fits, waits only while nothing fits. Two loops over it do interleave. Resolves to the number of bytes the kernel
	 * took, at least 1 (0 for an empty view). @throws as `send`
	 */
	sendSome(data: Uint8Array, options?: OperationOptions): Promise<number> {
		return settle(() =>
			this.#lifetime.writes.sendSome(plainView(checkView('data', data)), normalizeOperation(options)),
		);
	}

	/**
	 * sendfile(2), in turn with sends. Resolves to the bytes of the file. A path is opened and closed here; a FileHandle is borrowed,
	 * its position is neither used nor moved. Cancelled, or the file fails: as `send`, the connection is reset once a byte is out.
	 * What is changed in place after it has resolved may still change bytes that the peer has not got.
	 *
	 * @throws what opening threw, unchanged; ResourceError for what is no regular file or cannot be read; UnexpectedEndError
	 * (`ERR_FILE_TRUNCATED`) for a file that shrinks or is too short; else as `send`
	 */
	sendFile(file: FileHandle | string | URL, options?: SendFileOptions): Promise<number> {
		return settle(() => this.#lifetime.writes.sendFile(checkFile('file', file), normalizeSendFile(options)));
	}

	/** Resolves when everything accepted so far is in the kernel. @throws as `send` */
	flush(options?: OperationOptions): Promise<void> {
		return settle(() => this.#lifetime.writes.flush(normalizeOperation(options)));
	}

	/** After the sends already called: FIN. Reading goes on. Later sends: ClosedError. Idempotent. Resolves when the FIN is in the kernel. */
	shutdown(options?: OperationOptions): Promise<void> {
		return settle(() => this.#lifetime.writes.shutdown(normalizeOperation(options)));
	}

	/**
	 * After the sends already called: FIN; reads and drops until the peer's FIN or the timeout (ms, default: `closeTimeout`), then
	 * closes; RST if bytes are unsent by then. A pending read gets ClosedError at once, and so does what is called later. Idempotent;
	 * the earliest deadline counts. Resolves to what `closed` tells; rejects only for bad arguments.
	 */
	close(options?: CloseOptions): Promise<CloseInfo> {
		return settle(() => this.#lifetime.close(normalizeClose(options, this.#origin.closeTimeout)));
	}

	/** RST at once; pending calls reject with ClosedError. Idempotent. */
	reset(): void {
		this.#lifetime.reset();
	}

	/** `close()`. */
	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}

	/** A value with Symbol.asyncDispose or Symbol.dispose is disposed once: when another takes its place, or when the connection has ended and its handler has settled. Set after that: at once. */
	setContext(value: Context | undefined): void {
		this.#lifetime.setContext(value);
	}

	/** The value set last. */
	getContext(): Context | undefined {
		return this.#lifetime.getContext() as Context | undefined;
	}

	/** TCP_INFO now, or as it was at the end; null for a unix socket. */
	info(): TcpInfo | null {
		return this.#lifetime.link.info();
	}

	/** Keeps the process alive while the connection is open, which is so from the beginning. */
	ref(): this {
		this.#lifetime.setRef(true);
		return this;
	}

	/** Does not keep the process alive. */
	unref(): this {
		this.#lifetime.setRef(false);
		return this;
	}

	/** A token for `RemoteConnection.from()` on any thread of this process. */
	remote(): RemoteToken {
		return openToOthers(this.#lifetime);
	}
}
