/** The one place that turns an errno, or a failed lookup, into an error of the library. */
import {getSystemErrorName} from 'node:util';
import {
	BrokenError,
	BusyError,
	ClosedError,
	LimitError,
	ProtocolError,
	ResourceError,
	TimeoutError,
	UnexpectedEndError,
	TcpError,
	type TcpErrorOptions,
} from '../errors.js';

/** What a failed call was about: address and port, or the path of a unix socket. */
export interface ErrorPlace {
	readonly address?: string | undefined;
	readonly port?: number | undefined;
	readonly path?: string | undefined;
}

/** This machine refuses, or is out of something; every other errno tells of the peer, the network or the connection. */
const resourceCodes: ReadonlySet<string> = new Set([
	'EMFILE',
	'ENFILE',
	'ENOBUFS',
	'ENOMEM',
	'EADDRINUSE',
	'EADDRNOTAVAIL',
	'EACCES',
	'EPERM',
]);

/** Nothing that another try to connect could change: it is forbidden, or asked for in a way that never works. */
const finalConnectCodes: ReadonlySet<string> = new Set([
	'EACCES',
	'EPERM',
	'EBADF',
	'EAFNOSUPPORT',
	'EINVAL',
	'ENOTSOCK',
]);

const fileReasons: Readonly<Record<string, string>> = {
	EBADF: 'the file is closed, or not open for reading',
	EISDIR: 'a directory has no bytes to send',
	EINVAL: 'only regular files can be sent',
};

/** The name of an errno or of getaddrinfo; the codes of user code, and Node's that begin with ERR_, can be anything. */
const codePattern = /^E(?!RR_)[A-Z\d_]+$/u;

/** The name of a positive errno; `ERRNO_n` for one that has none. */
export function errnoName(errno: number): string {
	const name = Number.isInteger(errno) && errno > 0 ? getSystemErrorName(-errno) : '';
	return codePattern.test(name) ? name : `ERRNO_${errno}`;
}

/** The error for a positive errno, worded as Node does: `connect ECONNREFUSED 127.0.0.1:80`. */
export function errorFromErrno(
	errno: number,
	syscall: string,
	where: ErrorPlace = {},
	bytesSent = 0,
	cause?: unknown,
): TcpError {
	const code = errnoName(errno);
	const address = where.path ?? where.address;
	const options = {syscall, address, port: where.path === undefined ? where.port : undefined, bytesSent, cause};
	return errorFromCode(code, [syscall, code, ...showPlace(where)].join(' '), options);
}

/** The error for a file that cannot be sent: its own or this machine's fault, whatever the errno, never the peer's. */
export function fileError(errno: number, bytesSent: number): ResourceError {
	const code = errnoName(errno);
	const reason = fileReasons[code] ?? 'the file cannot be read';
	return new ResourceError(code, `sendfile ${code}: ${reason}`, {syscall: 'sendfile', bytesSent});
}

/** The error for a name without addresses; `cause` is what the lookup said. */
export function errorFromLookup(cause: unknown, host: string): TcpError {
	const code = codeOf(cause) ?? 'ENOTFOUND';
	return errorFromCode(code, `getaddrinfo ${code} ${host}`, {syscall: 'getaddrinfo', address: host, cause});
}

/** What later calls get when `first` has ended the connection: a new error of its class and code, with `first` as its cause. */
export function endError(first: TcpError, bytesSent = 0): TcpError {
	return copyWithCause(first, first, bytesSent);
}

/** A new error of the class, code and place of `error` with another cause. A subclass of the user's becomes the class it extends. */
export function copyWithCause(error: TcpError, cause: unknown, bytesSent = 0): TcpError {
	const {code, message, syscall, address, port} = error;
	const options: TcpErrorOptions = {syscall, address, port, bytesSent, cause};
	if (error instanceof LimitError)
		return new LimitError(message, {...options, limit: error.limit, actual: error.actual});
	if (error instanceof TimeoutError) return new TimeoutError(code, message, {...options, limitName: error.limitName});
	if (error instanceof ProtocolError) return new ProtocolError(message, options);
	if (error instanceof UnexpectedEndError) {
		return new UnexpectedEndError(code, message, {...options, partial: error.partial, expected: error.expected});
	}

	const plain = [ClosedError, BusyError, ResourceError].find(candidate => error instanceof candidate) ?? BrokenError;
	return new plain(code, message, options);
}

/**
 * Another try to connect may succeed. Not so after a TypeError, a RangeError or anything else that is no error of the library. With
 * several addresses, one that may is enough.
 */
export function isRetriable(error: unknown): error is TcpError {
	if (!(error instanceof TcpError)) return false;
	const {cause} = error;
	if (cause instanceof AggregateError) return cause.errors.some(one => isRetriable(one));
	return !finalConnectCodes.has(error.code);
}

function errorFromCode(code: string, message: string, options: TcpErrorOptions): TcpError {
	return resourceCodes.has(code)
		? new ResourceError(code, message, options)
		: new BrokenError(code, message, options);
}

function showPlace({address, port, path}: ErrorPlace): string[] {
	if (path !== undefined) return [path.replace('\0', '@')]; // as ss(8) shows abstract names
	if (address === undefined) return [];
	return [port === undefined ? address : `${address}:${port}`];
}

function codeOf(cause: unknown): string | undefined {
	if (!(cause instanceof Error) || !('code' in cause)) return undefined;
	const {code} = cause;
	return typeof code === 'string' && codePattern.test(code) ? code : undefined;
}
