import type {Buffer} from 'node:buffer';
import {expectAssignable, expectError, expectNotAssignable, expectType} from 'tsd';
import {
	BrokenError,
	BusyError,
	ClosedError,
	LimitError,
	ProtocolError,
	ResourceError,
	TcpError,
	TimeoutError,
	type LimitName,
	UnexpectedEndError,
	type TcpErrorOptions,
} from 'cotcp';

// Every error is a TcpError, and that is an Error.
expectAssignable<Error>({} as TcpError);
expectAssignable<TcpError>(new ClosedError('ERR_TCP_CLOSED', 'text'));
expectAssignable<TcpError>(new BusyError('ERR_TCP_BUSY', 'text'));
expectAssignable<TcpError>(new TimeoutError('ETIMEDOUT', 'text'));
expectAssignable<TcpError>(
	new BrokenError('EPIPE', 'text', {syscall: 'write', address: '::1', port: 1, bytesSent: 2, cause: 'any'}),
);
expectAssignable<TcpError>(
	new ResourceError('EMFILE', 'text', {
		syscall: undefined,
		address: undefined,
		port: undefined,
		bytesSent: undefined,
	}),
);
expectAssignable<TcpError>(
	new UnexpectedEndError('ERR_TCP_UNEXPECTED_END', 'text', {partial: new Uint8Array(1), expected: 2}),
);
expectAssignable<TcpError>(new LimitError('text', {limit: 1, actual: 2, address: '::1'}));
expectAssignable<TcpError>(new ProtocolError('text'));
expectAssignable<TcpError>(new ProtocolError('text', {cause: new Error('cause')}));

// What they tell.
declare const error: TcpError;
expectType<string>(error.code);
expectType<string | undefined>(error.syscall);
expectType<string | undefined>(error.address);
expectType<number | undefined>(error.port);
expectType<number>(error.bytesSent);
expectType<unknown>(error.cause);

declare const end: UnexpectedEndError;
expectType<Buffer>(end.partial);
expectType<number | undefined>(end.expected);

declare const limit: LimitError;
expectType<number>(limit.limit);
expectType<number>(limit.actual);

expectAssignable<TcpErrorOptions>({});
expectNotAssignable<TcpErrorOptions>({port: '80'});
expectNotAssignable<TcpErrorOptions>({bytesSent: 1n});

// A protocol of one's own may have its own errors.
class BadMagicError extends ProtocolError {}
expectAssignable<ProtocolError>(new BadMagicError('text'));

// What must not compile.
expectNotAssignable<new (...args: never[]) => unknown>(TcpError);
expectAssignable<new (...args: never[]) => unknown>(BrokenError);
expectError(new ClosedError());
expectError(new ClosedError('text only'));
expectError(new LimitError('text'));
expectError(new LimitError('text', {limit: 1}));
expectError(new ProtocolError('ERR_TCP_PROTOCOL', 'text'));
expectError(new BrokenError('EPIPE', 'text', {errno: 32}));
expectError((error.code = 'EPIPE'));
expectError((error.bytesSent = 1));
expectError((end.partial = new Uint8Array(1)));

// Belongs to the limits that end a connection, which come later.
expectType<LimitName | undefined>(new TimeoutError('ETIMEDOUT', 'text').limitName);
expectAssignable<TimeoutError>(new TimeoutError('ETIMEDOUT', 'text', {limitName: 'stallTimeout'}));
expectError(new TimeoutError('ETIMEDOUT', 'text', {limitName: 'closeTimeout'}));
