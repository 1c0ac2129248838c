/** Limits whose passing ends the connection with RST; the reason is the name of the option. */
export type LimitName = 'maxPendingBytes' | 'stallTimeout' | 'sendTimeout' | 'idleTimeout';

/**
 * What every error of the library may carry beside its code and message.
 *
 * An entry that is `undefined` counts as absent.
 */
export interface TcpErrorOptions extends ErrorOptions {
	/** System call it came from, as Node names it. */
	syscall?: string | undefined;
	/** Address, path or host name it was about. */
	address?: string | undefined;
	/** Port it was about. */
	port?: number | undefined;
	/** Bytes of this call's data that the kernel took. Default: 0. */
	bytesSent?: number | undefined;
}

/** What a TimeoutError knows of the limit that was passed. */
export interface TimeoutErrorOptions extends TcpErrorOptions {
	/** The option, if a limit of time ended the connection. */
	limitName?: LimitName | undefined;
}

/** What an UnexpectedEndError knows of the half message. */
export interface UnexpectedEndErrorOptions extends TcpErrorOptions {
	/** What had come of it; the error keeps a copy of at most its first 64 KiB. Default: no byte. */
	partial?: Uint8Array | undefined;
	/** Bytes it should have had, if that is known. */
	expected?: number | undefined;
}

/** The most bytes an UnexpectedEndError keeps: enough to diagnose, too few to hurt when errors pile up. */
const maxPartialBytes = 65_536;

/**
 * Base of all errors of the library, abstract; `name` is the class's name, the shape is that of Node's own system errors.
 *
 * @example
 * ```ts
 * try {
 * 	await connection.send(data);
 * } catch (error) {
 * 	if (!(error instanceof TcpError)) throw error;
 * 	console.error(error.code, error.bytesSent);
 * }
 * ```
 */
export abstract class TcpError extends Error {
	/** The errno's name, getaddrinfo's, or one of the library's own that begin with `ERR_`. */
	readonly code: string;
	/** As Node names them: read, write, connect, accept, bind, listen, getaddrinfo, sendfile. */
	declare readonly syscall?: string;
	/** Address, path or host name it was about. */
	declare readonly address?: string;
	/** Port it was about. */
	declare readonly port?: number;
	/** Bytes of this call's data that the kernel took; 0 for calls that send nothing. */
	readonly bytesSent: number;

	/**
	 * @param code the errno's name, or one that begins with `ERR_`
	 * @param message one sentence for people
	 * @param options where it happened and what caused it
	 */
	constructor(code: string, message: string, options: TcpErrorOptions = {}) {
		const {cause, syscall, address, port, bytesSent} = options;
		super(message, cause === undefined ? undefined : {cause});
		this.code = code;
		if (syscall !== undefined) this.syscall = syscall;
		if (address !== undefined) this.address = address;
		if (port !== undefined) this.port = port;
		this.bytesSent = bytesSent ?? 0;
	}
}

/**
 * This side has ended the connection, its sending half, or the server (`ERR_TCP_CLOSED`).
 *
 * @example
 * ```ts
 * await connection.close();
 * await connection.read(); // rejects with ClosedError
 * ```
 */
export class ClosedError extends TcpError {}

/** There is a reader already, or a handler takes the connections (`ERR_TCP_BUSY`). */
export class BusyError extends TcpError {}

/**
 * The caller's `timeout`, in milliseconds, is over, or a limit of time has ended the connection (`ETIMEDOUT`); the kernel's own ETIMEDOUT is a
 * BrokenError.
 *
 * @example
 * ```ts
 * await connection.read({timeout: 1000}); // rejects with TimeoutError when no byte comes for a second
 * ```
 */
export class TimeoutError extends TcpError {
	/** The option, if a limit of time ended the connection; absent for the `timeout` of a call. */
	declare readonly limitName?: LimitName;

	/**
	 * @param code `ETIMEDOUT`
	 * @param message one sentence for people
	 * @param options beside those of every TcpError, the limit that was passed
	 */
	constructor(code: string, message: string, options: TimeoutErrorOptions = {}) {
		super(code, message, options);
		if (options.limitName !== undefined) this.limitName = options.limitName;
	}
}

/** The peer or the network ended it; `code` is the errno's name (`ECONNRESET`) or getaddrinfo's (`ENOTFOUND`). */
export class BrokenError extends TcpError {}

/** The stream ended in the middle of a message (`ERR_TCP_UNEXPECTED_END`), or a file ended while it was sent (`ERR_FILE_TRUNCATED`). */
export class UnexpectedEndError extends TcpError {
	/** What had come of the message: a copy, at most its first 64 KiB; empty for a file. */
	readonly partial: Buffer;
	/** Bytes the message should have had, if that is known. */
	declare readonly expected?: number;

	/**
	 * @param code `ERR_TCP_UNEXPECTED_END` or `ERR_FILE_TRUNCATED`
	 * @param message one sentence for people
	 * @param options beside those of every TcpError, what had come and what was expected
	 */
	constructor(code: string, message: string, options: UnexpectedEndErrorOptions = {}) {
		super(code, message, options);
		const {partial, expected} = options;
		this.partial = partial === undefined ? Buffer.alloc(0) : Buffer.from(partial.subarray(0, maxPartialBytes));
		if (expected !== undefined) this.expected = expected;
	}
}

/** A limit of bytes was passed (`ERR_TCP_LIMIT`). */
export class LimitError extends TcpError {
	/** The limit, in bytes. */
	readonly limit: number;
	/** Bytes that were announced, or had come when it was noticed. */
	readonly actual: number;

	/**
	 * @param message one sentence for people
	 * @param options beside those of every TcpError, the limit and what passed it, in bytes
	 */
	constructor(message: string, options: TcpErrorOptions & {limit: number; actual: number}) {
		super('ERR_TCP_LIMIT', message, options);
		this.limit = options.limit;
		this.actual = options.actual;
	}
}

/**
 * The bytes that came are not what the protocol allows (`ERR_TCP_PROTOCOL`); for protocols of one's own.
 *
 * @example
 * ```ts
 * const version = (await connection.readExactly(1)).readUInt8();
 * if (version !== 1) throw new ProtocolError(`Version ${version} is not known`);
 * ```
 */
export class ProtocolError extends TcpError {
	/**
	 * @param message one sentence for people
	 * @param options where it happened and what caused it
	 */
	constructor(message: string, options?: TcpErrorOptions) {
		super('ERR_TCP_PROTOCOL', message, options);
	}
}

/** This machine refuses or is out of something: EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRINUSE, EADDRNOTAVAIL, EACCES, EPERM; or a file cannot be sent. */
export class ResourceError extends TcpError {}

// On the prototypes, not enumerable, as with the language's own errors; spelled out, so that minifiers cannot change them.
const names: ReadonlyArray<readonly [{readonly prototype: TcpError}, string]> = [
	[TcpError, 'TcpError'],
	[ClosedError, 'ClosedError'],
	[BusyError, 'BusyError'],
	[TimeoutError, 'TimeoutError'],
	[BrokenError, 'BrokenError'],
	[UnexpectedEndError, 'UnexpectedEndError'],
	[LimitError, 'LimitError'],
	[ProtocolError, 'ProtocolError'],
	[ResourceError, 'ResourceError'],
];
for (const [{prototype}, value] of names)
	Object.defineProperty(prototype, 'name', {value, writable: true, configurable: true});
