import {constants} from 'node:os';
import test from 'ava';
import {
	BrokenError,
	BusyError,
	ClosedError,
	LimitError,
	ProtocolError,
	ResourceError,
	TimeoutError,
	UnexpectedEndError,
	type TcpError,
} from '../../src/errors.js';
import {copyWithCause, endError, errnoName, errorFromErrno, errorFromLookup} from '../../src/internal/errno-errors.js';

const {errno} = constants;

type Code = keyof typeof errno;

const isA = test.macro((t, type: typeof BrokenError, ...codes: readonly Code[]) => {
	for (const code of codes) {
		const error = errorFromErrno(errno[code], 'read');
		t.is(error.constructor, type);
		t.is(error.code, code);
		t.is(error.message, `read ${code}`);
	}
});
test(
	'what this machine refuses or is out of is a ResourceError',
	isA,
	ResourceError,
	'EMFILE',
	'ENFILE',
	'ENOBUFS',
	'ENOMEM',
	'EADDRINUSE',
	'EADDRNOTAVAIL',
	'EACCES',
	'EPERM',
);
test(
	'what peer or network did is a BrokenError',
	isA,
	BrokenError,
	'ECONNRESET',
	'EPIPE',
	'ETIMEDOUT',
	'ECONNREFUSED',
	'EHOSTUNREACH',
	'ENETUNREACH',
	'EINVAL',
	'EAFNOSUPPORT',
	'ENOENT',
	'EBADF',
);

const words = test.macro((t, where: Parameters<typeof errorFromErrno>[2], message: string, fields: object) => {
	const error = errorFromErrno(errno.ECONNREFUSED, 'connect', where);
	t.is(error.message, message);
	t.like(error, {syscall: 'connect', bytesSent: 0, ...fields});
	for (const name of ['address', 'port']) t.is(Object.hasOwn(error, name), name in fields);
});
test(
	'the message names address and port',
	words,
	{address: '127.0.0.1', port: 80},
	'connect ECONNREFUSED 127.0.0.1:80',
	{address: '127.0.0.1', port: 80},
);
test("the message of IPv6 reads as Node's", words, {address: '::1', port: 80}, 'connect ECONNREFUSED ::1:80', {
	address: '::1',
	port: 80,
});
test('the message names an address alone', words, {address: 'example.com'}, 'connect ECONNREFUSED example.com', {
	address: 'example.com',
});
test('the message names a path', words, {path: '/run/a', port: 0}, 'connect ECONNREFUSED /run/a', {address: '/run/a'});
test('the message shows an abstract path without its NUL', words, {path: '\0a'}, 'connect ECONNREFUSED @a', {
	address: '\0a',
});
test('the message of nowhere ends at the code', words, {}, 'connect ECONNREFUSED', {});

test('an error keeps the bytes sent and its cause', t => {
	const cause = new Error('cause');
	t.like(errorFromErrno(errno.EPIPE, 'write', {}, 12, cause), {bytesSent: 12, cause});
});

test('an errno without a name is shown by its number', t => {
	for (const unknown of [0, 999, 100_000, -1, 1.5, NaN]) t.is(errnoName(unknown), `ERRNO_${unknown}`);
	t.is(errorFromErrno(999, 'read').code, 'ERRNO_999');
});

const lookupFails = test.macro((t, cause: unknown, code: string, type: typeof BrokenError = BrokenError) => {
	const error = errorFromLookup(cause, 'example.com');
	t.is(error.constructor, type);
	t.is(error.message, `getaddrinfo ${code} example.com`);
	t.like(error, {code, syscall: 'getaddrinfo', address: 'example.com'});
	t.is(error.cause, cause);
	t.false(Object.hasOwn(error, 'port'));
});
test(
	'a failed lookup keeps the code of getaddrinfo',
	lookupFails,
	Object.assign(new Error('later'), {code: 'EAI_AGAIN'}),
	'EAI_AGAIN',
);
test(
	'a lookup that runs out of memory is a ResourceError',
	lookupFails,
	Object.assign(new Error('no'), {code: 'ENOMEM'}),
	'ENOMEM',
	ResourceError,
);
test('a failed lookup without a code is ENOTFOUND', lookupFails, new Error('mine'), 'ENOTFOUND');
test(
	'a failed lookup with a strange code is ENOTFOUND',
	lookupFails,
	Object.assign(new Error('mine'), {code: 7}),
	'ENOTFOUND',
);
test('a lookup that throws no error is ENOTFOUND', lookupFails, 'text', 'ENOTFOUND');

const endsLike = test.macro((t, first: TcpError, ...fields: readonly string[]) => {
	const again = endError(first);
	t.not(again, first);
	t.is(again.constructor, first.constructor);
	t.is(again.cause, first);
	t.is(again.bytesSent, 0);
	t.is(endError(first, 9).bytesSent, 9);
	for (const field of ['code', 'message', 'syscall', 'address', 'port', ...fields])
		t.deepEqual(Reflect.get(again, field), Reflect.get(first, field));
});
const place = {syscall: 'read', address: '::1', port: 80, bytesSent: 3, cause: 'earlier'};
test('calls after a BrokenError get another', endsLike, new BrokenError('ECONNRESET', 'text', place));
test('calls after a ResourceError get another', endsLike, new ResourceError('ENOBUFS', 'text', place));
test('calls after a TimeoutError get another', endsLike, new TimeoutError('ETIMEDOUT', 'text', place));
test('calls after a ClosedError get another', endsLike, new ClosedError('ERR_TCP_CLOSED', 'text'));
test('calls after a BusyError get another', endsLike, new BusyError('ERR_TCP_BUSY', 'text'));
test(
	'calls after a LimitError get another',
	endsLike,
	new LimitError('text', {...place, limit: 1, actual: 2}),
	'limit',
	'actual',
);
test('calls after a ProtocolError get another', endsLike, new ProtocolError('text', place));
test(
	'calls after an UnexpectedEndError get another',
	endsLike,
	new UnexpectedEndError('ERR_TCP_UNEXPECTED_END', 'text', {...place, partial: Buffer.from('ab'), expected: 4}),
	'partial',
	'expected',
);

test("calls after an error of a user's class get the class it extends", t => {
	class BadMagicError extends ProtocolError {}
	const first = new BadMagicError('text');
	const again = endError(first);
	t.is(again.constructor, ProtocolError);
	t.is(again.cause, first);
});

test('a copy can have any cause', t => {
	const cause = new AggregateError([]);
	t.is(copyWithCause(new BrokenError('EPIPE', 'text'), cause).cause, cause);
});
