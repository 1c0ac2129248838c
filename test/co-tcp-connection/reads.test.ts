import {Buffer, constants} from 'node:buffer';
import test, {type ExecutionContext} from 'ava';
import {LimitError, UnexpectedEndError, type CoTcpConnection} from '../../src/index.js';
import {mebibyte, pattern, sha256} from '../support/bytes.js';
import {checkDescriptors} from '../support/descriptors.js';
import {rawPair} from '../support/pairs.js';
import {nextTurn, reasonOf, turns, until} from '../support/wait.js';

checkDescriptors(test);

/** A connection whose peer sends `pieces`, each in a turn of its own, and then perhaps a FIN. */
async function receiving(
	t: ExecutionContext,
	pieces: ReadonlyArray<Uint8Array | string>,
	{end = true} = {},
): Promise<CoTcpConnection> {
	const {connection, peer} = await rawPair(t);
	void (async () => {
		for (const piece of pieces) {
			await peer.send(piece);
			await nextTurn();
		}

		if (end) await peer.end();
	})();
	return connection;
}

/** All of it has arrived, the FIN not counted. */
async function arrived(connection: CoTcpConnection, bytes: number): Promise<void> {
	await until(() => (connection.info()?.bytesReceived ?? 0) >= bytes, `${bytes} bytes received`);
}

function bytesOf(text: string): Buffer[] {
	return [...Buffer.from(text)].map(byte => Buffer.from([byte]));
}

test('read gives what is there, at most max bytes, and leaves the rest', async t => {
	const connection = await receiving(t, ['abcdef']);
	t.is((await connection.read({max: 2}))?.toString(), 'ab');
	t.is((await connection.read({max: 3}))?.toString(), 'cde');
	t.is((await connection.read({max: 2 ** 53 - 1}))?.toString(), 'f');
	t.is(await connection.read({max: 1}), null);
	t.is(connection.stats.bytesRead, 6);
});

test('tryRead does not wait', async t => {
	const {connection, peer} = await rawPair(t);
	t.is(connection.tryRead(), undefined);
	await peer.send('abc');
	await arrived(connection, 3);
	t.is(connection.tryRead({max: 2})?.toString(), 'ab');
	t.is(connection.tryRead()?.toString(), 'c');
	t.is(connection.tryRead(), undefined);
	const reading = connection.read();
	await peer.end();
	t.is(await reading, null);
	t.is(connection.tryRead(), null);
});

test('tryRead finds what arrived after it had found nothing', async t => {
	const {connection, peer} = await rawPair(t);
	for (let round = 0; round < 20; round++) {
		t.is(connection.tryRead(), undefined);
		await peer.send('x');
		let chunk: Buffer | null | undefined;
		await until(() => (chunk = connection.tryRead()) !== undefined, 'a byte');
		t.is(chunk?.toString(), 'x');
	}
});

test('readInto fills the start of the view and nothing else', async t => {
	const connection = await receiving(t, ['abcdef']);
	const memory = Buffer.alloc(10, '.');
	t.is(await connection.readInto(memory.subarray(3, 5)), 2);
	t.is(memory.toString(), '...ab.....');
	t.is(await connection.readInto(memory.subarray(5)), 4);
	t.is(memory.toString(), '...abcdef.');
	t.is(await connection.readInto(memory), null);
});

test('readInto takes what another read has left over', async t => {
	const connection = await receiving(t, ['abcdef']);
	t.is((await connection.peek(6))?.toString(), 'abcdef');
	const view = new Uint8Array(4);
	t.is(await connection.readInto(view), 4);
	t.is(Buffer.from(view).toString(), 'abcd');
	t.is(await connection.readInto(view), 2);
	t.is(Buffer.from(view).toString(), 'efcd');
});

test('readInto works on shared memory', async t => {
	const connection = await receiving(t, ['abc']);
	const view = new Uint8Array(new SharedArrayBuffer(8), 2);
	t.is(await connection.readInto(view), 3);
	t.deepEqual([...view], [97, 98, 99, 0, 0, 0]);
});

test('readExactly gathers bytes that come one by one', async t => {
	const connection = await receiving(t, bytesOf('0123456789'));
	t.is((await connection.readExactly(4)).toString(), '0123');
	t.is((await connection.readExactly(6)).toString(), '456789');
});

test('readExactly(0) resolves at once, also at the end', async t => {
	const {connection, peer} = await rawPair(t);
	t.is((await connection.readExactly(0)).length, 0);
	const reading = connection.read();
	await peer.end();
	t.is(await reading, null);
	t.is((await connection.readExactly(0)).length, 0);
	await connection.discard(0);
});

test('readExactly at the end, even with no byte, is an UnexpectedEndError', async t => {
	const connection = await receiving(t, []);
	const error = (await reasonOf(connection.readExactly(1))) as UnexpectedEndError;
	t.true(error instanceof UnexpectedEndError);
	t.is(error.partial.length, 0);
	t.is(error.expected, 1);
	t.is(error.bytesSent, 0);
});

test('a read of more than there can be takes no memory before the bytes come', async t => {
	const connection = await receiving(t, ['abc']);
	const before = process.memoryUsage().arrayBuffers;
	const huge = constants.MAX_LENGTH;
	const error = (await reasonOf(connection.readExactly(huge))) as UnexpectedEndError;
	t.true(error instanceof UnexpectedEndError);
	t.is(error.expected, huge);
	t.is(error.partial.toString(), 'abc');
	t.true((await reasonOf(connection.peek(huge))) instanceof UnexpectedEndError);
	t.true(process.memoryUsage().arrayBuffers - before < 64 * mebibyte);
	t.is((await connection.readAll()).toString(), 'abc');
});

test('an UnexpectedEndError keeps a copy of at most 64 KiB', async t => {
	const all = pattern(100_000);
	const connection = await receiving(t, [all]);
	const error = (await reasonOf(connection.readExactly(100_001))) as UnexpectedEndError;
	t.is(error.partial.length, 65_536);
	t.true(error.partial.equals(all.subarray(0, 65_536)));
	error.partial.fill(0);
	t.is(sha256(await connection.readAll()), sha256(all));
});

test('peek leaves the bytes, also those it had to gather', async t => {
	const connection = await receiving(t, bytesOf('abcdef'));
	t.is((await connection.peek(1))?.toString(), 'a');
	t.is((await connection.peek(6))?.toString(), 'abcdef');
	t.is(connection.stats.bytesRead, 0);
	t.is((await connection.readExactly(3)).toString(), 'abc');
	const error = (await reasonOf(connection.peek(4))) as UnexpectedEndError;
	t.true(error instanceof UnexpectedEndError);
	t.is(error.partial.toString(), 'def');
	t.is(error.expected, 4);
	t.is((await connection.readAll()).toString(), 'def');
	t.is(await connection.peek(1), null);
});

test('discard drops bytes over many chunks', async t => {
	const connection = await receiving(t, [...bytesOf('abc'), pattern(mebibyte), 'xyz']);
	await connection.discard(3 + mebibyte);
	t.is((await connection.readExactly(3)).toString(), 'xyz');
	t.is(connection.stats.bytesRead, 6 + mebibyte);
});

test('discard past the end is an UnexpectedEndError that tells how many bytes had come', async t => {
	const connection = await receiving(t, ['abcd', 'ef']);
	const error = (await reasonOf(connection.discard(2 ** 53 - 1))) as UnexpectedEndError;
	t.true(error instanceof UnexpectedEndError);
	t.is(error.expected, 2 ** 53 - 1);
	t.regex(error.message, /after 6 of/u);
});

// readUntil and readLine

const splitsUntil = test.macro(
	async (
		t,
		pieces: ReadonlyArray<string | Uint8Array>,
		delimiter: string | Uint8Array,
		messages: readonly string[],
	) => {
		const connection = await receiving(t, pieces);
		for (const message of messages) t.is((await connection.readUntil(delimiter))?.toString(), message);
		t.is(await connection.readUntil(delimiter), null);
	},
);
test('readUntil finds several in one chunk', splitsUntil, ['a;bc;;d;'], ';', ['a;', 'bc;', ';', 'd;']);
test('readUntil finds a delimiter split over chunks', splitsUntil, ['one-', '-', '|two--|'], '--|', [
	'one--|',
	'two--|',
]);
test('readUntil finds one among beginnings of it', splitsUntil, ['aaaa', 'ab', 'aab'], 'aab', ['aaaaab', 'aab']);
test('readUntil finds one that comes byte by byte', splitsUntil, bytesOf('ab\r\n\r\ncd\r\n\r\n'), '\r\n\r\n', [
	'ab\r\n\r\n',
	'cd\r\n\r\n',
]);
test('readUntil takes bytes as the delimiter', splitsUntil, ['x\0\0y\0\0'], new Uint8Array(2), ['x\0\0', 'y\0\0']);
test('readUntil takes a delimiter beyond ASCII', splitsUntil, ['a€b€'], '€', ['a€', 'b€']);
test('readUntil finds only a delimiter', splitsUntil, ['--', '|'], '--|', ['--|']);

test('readUntil does not look at a delimiter that the caller changes meanwhile', async t => {
	const {connection, peer} = await rawPair(t);
	const delimiter = Buffer.from(';');
	const reading = connection.readUntil(delimiter);
	delimiter.fill('x');
	await peer.send('ax;');
	t.is((await reading)?.toString(), 'ax;');
});

const splitsLines = test.macro(async (t, pieces: ReadonlyArray<string | Uint8Array>, lines: readonly string[]) => {
	const connection = await receiving(t, pieces);
	for (const line of lines) t.is(await connection.readLine(), line);
	t.is(await connection.readLine(), null);
});
test('readLine takes LF and CRLF', splitsLines, ['one\ntwo\r\n\n\r\nthree\n'], ['one', 'two', '', '', 'three']);
test('readLine takes a CRLF split over chunks', splitsLines, ['one\r', '\ntwo', '\r', '\n'], ['one', 'two']);
test('readLine leaves a CR within a line', splitsLines, ['a\rb\r\r\n'], ['a\rb\r']);
test('readLine decodes characters split over chunks', splitsLines, [...bytesOf('grüße €𝄞\n')], ['grüße €𝄞']);
test('readLine replaces what is no UTF-8', splitsLines, [Buffer.from([0xff, 0x61, 0x0a])], ['\uFFFDa']);
test('readLine keeps a byte order mark', splitsLines, ['\uFEFFa\n'], ['\uFEFFa']);

interface Limited {
	readonly text: string;
	readonly limit?: number;
	/** undefined: LimitError. */
	readonly gives?: string;
}

const limitsUntil = test.macro(async (t, delimiter: string, {text, limit, gives}: Limited) => {
	const connection = await receiving(t, [text]);
	const reading = connection.readUntil(delimiter, {limit});
	if (gives === undefined) await passesLimit(t, connection, reading, text, limit ?? 65_536);
	else t.is((await reading)?.toString(), gives);
});
async function passesLimit(
	t: ExecutionContext,
	connection: CoTcpConnection,
	reading: Promise<unknown>,
	text: string,
	limit: number,
): Promise<void> {
	const error = (await reasonOf(reading)) as LimitError;
	t.true(error instanceof LimitError, String(error));
	t.is(error.code, 'ERR_TCP_LIMIT');
	t.is(error.limit, limit);
	t.true(error.actual > limit && error.actual <= Buffer.byteLength(text));
	t.is((await connection.readAll()).toString(), text);
}

test('readUntil: limit bytes and a delimiter', limitsUntil, ';', {text: 'abcd;', limit: 4, gives: 'abcd;'});
test('readUntil: a byte too much', limitsUntil, ';', {text: 'abcde;', limit: 4});
test('readUntil: a byte too much and no delimiter', limitsUntil, ';', {text: 'abcde', limit: 4});
test('readUntil: the whole delimiter lies behind the limit', limitsUntil, '\r\n', {
	text: 'abcd\r\n',
	limit: 4,
	gives: 'abcd\r\n',
});
test('readUntil: a delimiter that begins too late', limitsUntil, '\r\n', {text: 'abcde\r\n', limit: 4});
test('readUntil: 64 KiB by default', limitsUntil, ';', {
	text: `${'x'.repeat(65_536)};`,
	gives: `${'x'.repeat(65_536)};`,
});
test('readUntil: more than 64 KiB by default', limitsUntil, ';', {text: `${'x'.repeat(65_537)};`});
test('readUntil: no limit', limitsUntil, ';', {
	text: `${'x'.repeat(200_000)};`,
	limit: Infinity,
	gives: `${'x'.repeat(200_000)};`,
});

test('readUntil waits while a delimiter may have begun within the limit', async t => {
	const {connection, peer} = await rawPair(t);
	const reading = connection.readUntil('\r\n', {limit: 4});
	await peer.send('abcd\r');
	await arrived(connection, 5);
	await turns(3);
	await peer.send('\nrest');
	t.is((await reading)?.toString(), 'abcd\r\n');
	t.is((await connection.readExactly(4)).toString(), 'rest');
});

test('readUntil fails as soon as no delimiter can begin within the limit', async t => {
	const {connection, peer} = await rawPair(t);
	const reading = connection.readUntil('\r\n', {limit: 4});
	await peer.send('abcd\r');
	await arrived(connection, 5);
	await turns(3);
	await peer.send('x');
	t.true((await reasonOf(reading)) instanceof LimitError);
	t.is((await connection.readExactly(6)).toString(), 'abcd\rx');
});

const limitsLine = test.macro(async (t, {text, limit, gives}: Limited) => {
	const connection = await receiving(t, [text]);
	const reading = connection.readLine({limit});
	if (gives === undefined) await passesLimit(t, connection, reading, text, limit ?? 65_536);
	else t.is(await reading, gives);
});
test('readLine: limit bytes and LF', limitsLine, {text: 'abcd\n', limit: 4, gives: 'abcd'});
test('readLine: limit bytes and CRLF', limitsLine, {text: 'abcd\r\n', limit: 4, gives: 'abcd'});
test('readLine: a byte too much', limitsLine, {text: 'abcde\n', limit: 4});
test('readLine: a byte too much and CRLF', limitsLine, {text: 'abcde\r\n', limit: 4});
test('readLine: 64 KiB by default', limitsLine, {text: `${'x'.repeat(65_536)}\r\n`, gives: 'x'.repeat(65_536)});
test('readLine: more than 64 KiB by default', limitsLine, {text: `${'x'.repeat(65_537)}\n`});
test('readLine: the limit counts bytes, not characters', limitsLine, {text: 'ääää\n', limit: 7});

test('readAll gives everything, and at once what is too much', async t => {
	const all = pattern(300_000);
	const whole = await receiving(t, [all.subarray(0, 1), all.subarray(1, 100_000), all.subarray(100_000)]);
	t.is(sha256(await whole.readAll({limit: all.length})), sha256(all));
	const {connection, peer} = await rawPair(t);
	await peer.send('abcdef');
	const error = (await reasonOf(connection.readAll({limit: 5}))) as LimitError;
	t.true(error instanceof LimitError);
	t.is(error.limit, 5);
	t.is((await connection.readExactly(6)).toString(), 'abcdef');
});

test('readAll takes 10 MiB by default', async t => {
	const all = Buffer.alloc(10 * mebibyte, 1);
	t.is((await (await receiving(t, [all])).readAll()).length, all.length);
	const more = await receiving(t, [all, 'x'], {end: false});
	t.true((await reasonOf(more.readAll())) instanceof LimitError);
	await more.discard(all.length);
	t.is((await more.readExactly(1)).toString(), 'x');
});

// for await

test('for await ends quietly at the end', async t => {
	const connection = await receiving(t, ['abc', 'def']);
	let text = '';
	for await (const chunk of connection) {
		t.true(Buffer.isBuffer(chunk));
		text += chunk.toString();
	}

	t.is(text, 'abcdef');
	for await (const chunk of connection) t.fail(chunk.toString());
});

test('break out of for await does not close, and loses no byte', async t => {
	const {connection, peer} = await rawPair(t);
	await peer.send('first');
	for await (const chunk of connection) {
		t.is(chunk.toString(), 'first');
		break;
	}

	t.is(connection.state, 'connected');
	await peer.send('second');
	for await (const chunk of connection) {
		t.is(chunk.toString(), 'second');
		break;
	}
});

test('an iterator that was given back gives nothing any more', async t => {
	const {connection, peer} = await rawPair(t);
	const iterator = connection[Symbol.asyncIterator]();
	t.is(iterator[Symbol.asyncIterator](), iterator);
	await peer.send('x');
	t.deepEqual(await iterator.return?.(), {value: undefined, done: true});
	t.deepEqual(await iterator.next(), {value: undefined, done: true});
	t.is((await connection.readExactly(1)).toString(), 'x');
});

test('an iterator that was given back while it waited loses no byte', async t => {
	const {connection, peer} = await rawPair(t);
	const iterator = connection[Symbol.asyncIterator]();
	const waiting = iterator.next();
	const returned = iterator.return?.();
	await peer.send('x');
	const {value} = (await waiting) as IteratorResult<Buffer, undefined>;
	t.deepEqual(await returned, {value: undefined, done: true});
	t.is(value === undefined ? (await connection.readExactly(1)).toString() : value.toString(), 'x');
});

test('what is thrown into a yield* over a connection comes out of it, and the connection goes on', async t => {
	const {connection, peer} = await rawPair(t);
	const iterator = (async function* () {
		yield* connection;
	})();
	await peer.send('x');
	t.is((await iterator.next()).value?.toString(), 'x');
	const mine = new Error('mine');
	t.is(await t.throwsAsync(iterator.throw(mine)), mine);
	await peer.send('y');
	t.is((await connection.readExactly(1)).toString(), 'y');
});
