import {inspect} from 'node:util';
import test from 'ava';
import {
	BrokenError,
	BusyError,
	ClosedError,
	LimitError,
	ProtocolError,
	ResourceError,
	TcpError,
	TimeoutError,
	UnexpectedEndError,
} from '../src/errors.js';

const all: ReadonlyArray<readonly [string, TcpError, string]> = [
	['ClosedError', new ClosedError('ERR_TCP_CLOSED', 'text'), 'ERR_TCP_CLOSED'],
	['BusyError', new BusyError('ERR_TCP_BUSY', 'text'), 'ERR_TCP_BUSY'],
	['TimeoutError', new TimeoutError('ETIMEDOUT', 'text'), 'ETIMEDOUT'],
	['BrokenError', new BrokenError('ECONNRESET', 'text'), 'ECONNRESET'],
	['UnexpectedEndError', new UnexpectedEndError('ERR_TCP_UNEXPECTED_END', 'text'), 'ERR_TCP_UNEXPECTED_END'],
	['LimitError', new LimitError('text', {limit: 1, actual: 2}), 'ERR_TCP_LIMIT'],
	['ProtocolError', new ProtocolError('text'), 'ERR_TCP_PROTOCOL'],
	['ResourceError', new ResourceError('EMFILE', 'text'), 'EMFILE'],
];

const hasShape = test.macro((t, name: string, error: TcpError, code: string) => {
	t.true(error instanceof TcpError && error instanceof Error);
	t.is(error.name, name);
	t.false(Object.hasOwn(error, 'name'));
	t.is(error.code, code);
	t.is(error.message, 'text');
	t.is(String(error), `${name}: text`);
	t.true(error.stack?.startsWith(`${name}: text\n`));
	t.is(error.bytesSent, 0);
	t.deepEqual(Object.keys(error).slice(0, 2), ['code', 'bytesSent']);
	for (const absent of ['syscall', 'address', 'port', 'cause', 'expected']) t.false(Object.hasOwn(error, absent));
	t.regex(inspect(error), new RegExp(`code: '${code}'`, 'u'));
});

for (const [name, error, code] of all)
	test(`${name} has its name, its code and nothing that was not given`, hasShape, name, error, code);

test('the name of an error is not enumerable', t => {
	const names: string[] = [];
	for (const name in new ClosedError('ERR_TCP_CLOSED', 'text')) names.push(name);
	t.false(names.includes('name'));
});

test('a TcpError keeps where it happened and what caused it', t => {
	const cause = new Error('cause');
	const error = new BrokenError('EPIPE', 'text', {cause, syscall: 'write', address: '::1', port: 80, bytesSent: 7});
	t.like(error, {cause, syscall: 'write', address: '::1', port: 80, bytesSent: 7});
	t.false(Object.keys(error).includes('cause'));
});

test('an option of a TcpError that is undefined counts as absent', t => {
	const error = new BrokenError('EPIPE', 'text', {
		cause: undefined,
		syscall: undefined,
		address: undefined,
		port: undefined,
		bytesSent: undefined,
	});
	t.deepEqual(Object.keys(error), ['code', 'bytesSent']);
	t.false('cause' in error);
	t.is(error.bytesSent, 0);
});

test('UnexpectedEndError keeps a copy of what had come', t => {
	const source = Buffer.from('half');
	const error = new UnexpectedEndError('ERR_TCP_UNEXPECTED_END', 'text', {partial: source, expected: 8});
	source.fill(0);
	t.deepEqual(error.partial, Buffer.from('half'));
	t.is(error.expected, 8);
});

test('UnexpectedEndError keeps at most the first 64 KiB', t => {
	const partial = new Uint8Array(65_537).fill(1);
	t.is(new UnexpectedEndError('ERR_TCP_UNEXPECTED_END', 'text', {partial}).partial.length, 65_536);
});

test('UnexpectedEndError of nothing has an empty partial', t => {
	t.deepEqual(new UnexpectedEndError('ERR_TCP_UNEXPECTED_END', 'text').partial, Buffer.alloc(0));
});

test('LimitError tells the limit and what passed it', t => {
	t.like(new LimitError('text', {limit: 10, actual: 11, address: '::1'}), {limit: 10, actual: 11, address: '::1'});
});

test("a class of the user's that extends ProtocolError keeps code and name", t => {
	class BadMagicError extends ProtocolError {}
	const error = new BadMagicError('text', {cause: 1});
	t.like(error, {code: 'ERR_TCP_PROTOCOL', name: 'ProtocolError', cause: 1});
});
