import {Buffer} from 'node:buffer';
import {execFileSync} from 'node:child_process';
import {createHash, randomBytes} from 'node:crypto';
import {appendFile, mkdtemp, open, rm, truncate, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {
	BrokenError,
	ClosedError,
	ResourceError,
	TimeoutError,
	UnexpectedEndError,
	type SendFileOptions,
} from '../../src/index.js';
import {checkDescriptors, descriptorCount} from '../support/descriptors.js';
import {ownPair, rawPair} from '../support/pairs.js';
import {isSoak, soakTimeout} from '../support/scale.js';
import {reasonOf, until, within} from '../support/wait.js';
import {witnessed} from '../support/witness.js';

checkDescriptors(test);

const MiB = 1024 * 1024;
/** More than the kernel takes of a peer that does not read. */
const muchBytes = 24 * MiB;

async function folder(t: ExecutionContext): Promise<string> {
	const path = await mkdtemp(join(tmpdir(), 'cotcp-'));
	t.teardown(async () => rm(path, {recursive: true, force: true}));
	return path;
}

async function fileOf(t: ExecutionContext, content: Uint8Array | string): Promise<string> {
	const path = join(await folder(t), 'file');
	await writeFile(path, content);
	return path;
}

for (const transport of ['IPv4', 'IPv6', 'unix path'] as const) {
	test.serial(`over ${transport} a file arrives whole, with its header and trailer, in turn with sends`, async t => {
		const {connection, peer} = await ownPair(t, {transport});
		const content = randomBytes(5 * MiB + 17);
		const path = await fileOf(t, content);
		const sent = [
			connection.send('before'),
			connection.sendFile(path, {header: 'header', trailer: Buffer.from('trailer')}),
			connection.send('between'),
			connection.sendFile(pathToFileURL(path)),
			connection.shutdown(),
		];
		const all = await within(peer.readAll({limit: Infinity}), 'the bytes');
		const expected = ['before', 'header', content, 'trailer', 'between', content];
		const hash = createHash('sha256');
		for (const part of expected) hash.update(part);
		t.is(createHash('sha256').update(all).digest('hex'), hash.digest('hex'));
		t.deepEqual(await Promise.all(sent), [undefined, content.length, undefined, content.length, undefined]);
		t.is(connection.stats.bytesWritten, all.length);
	});
}

const ranges: ReadonlyArray<readonly [SendFileOptions, string]> = [
	[{}, '0123456789'],
	[{offset: 4}, '456789'],
	[{length: 3}, '012'],
	[{offset: 2, length: 5}, '23456'],
	[{offset: 10}, ''],
	[{length: 0, header: 'a', trailer: 'b'}, ''],
];
for (const [options, expected] of ranges) {
	test.serial(`sendFile with ${JSON.stringify(options)} sends these bytes and leaves the position alone`, async t => {
		const {connection, peer} = await ownPair(t);
		const handle = await open(await fileOf(t, '0123456789'));
		t.teardown(async () => handle.close());
		t.is(await connection.sendFile(handle, options), expected.length);
		await connection.shutdown();
		const {header = '', trailer = ''} = options;
		t.is((await peer.readAll()).toString(), `${header as string}${expected}${trailer as string}`);
		const {buffer, bytesRead} = await handle.read(Buffer.alloc(4), 0, 4, null);
		t.is(buffer.toString('latin1', 0, bytesRead), '0123');
	});
}

test.serial('of an empty file the header and the trailer still go, and it resolves to 0', async t => {
	const {connection, peer} = await ownPair(t);
	t.is(await connection.sendFile(await fileOf(t, ''), {header: 'a', trailer: 'b'}), 0);
	await connection.shutdown();
	t.is((await peer.readAll()).toString(), 'ab');
});

test.serial('close right after sendFile sends all of it', async t => {
	const {connection, peer} = await ownPair(t);
	const content = randomBytes(muchBytes);
	const sent = connection.sendFile(await fileOf(t, content), {trailer: 'end'});
	const closed = connection.close();
	const all = await within(peer.readAll({limit: Infinity}), 'the bytes');
	t.true(all.equals(Buffer.concat([content, Buffer.from('end')])));
	await peer.close();
	t.is(await sent, content.length);
	t.is((await closed).reason, 'closed');
});

test.serial('the end of the file is where it is when the turn comes', async t => {
	const {connection, peer} = await ownPair(t);
	const path = await fileOf(t, 'short');
	const handle = await open(path);
	t.teardown(async () => handle.close());
	const first = connection.send(Buffer.alloc(muchBytes));
	const second = connection.sendFile(handle);
	await writeFile(path, 'much longer');
	await peer.discard(muchBytes);
	t.is((await peer.readExactly(11)).toString(), 'much longer');
	await first;
	t.is(await second, 11);
});

const wrong: ReadonlyArray<readonly [string, unknown, unknown, string]> = [
	['file', 3, undefined, 'ERR_INVALID_ARG_TYPE'],
	['file', undefined, undefined, 'ERR_INVALID_ARG_TYPE'],
	['file', {fd: 3}, undefined, 'ERR_INVALID_ARG_TYPE'],
	['options', 'file', 7, 'ERR_INVALID_ARG_TYPE'],
	['offset', 'file', {offset: -1}, 'ERR_OUT_OF_RANGE'],
	['offset', 'file', {offset: 1.5}, 'ERR_OUT_OF_RANGE'],
	['offset', 'file', {offset: '1'}, 'ERR_INVALID_ARG_TYPE'],
	['length', 'file', {length: -1}, 'ERR_OUT_OF_RANGE'],
	['length', 'file', {length: Infinity}, 'ERR_OUT_OF_RANGE'],
	['length', 'file', {offset: 1, length: Number.MAX_SAFE_INTEGER}, 'ERR_OUT_OF_RANGE'],
	['header', 'file', {header: ['a']}, 'ERR_INVALID_ARG_TYPE'],
	['trailer', 'file', {trailer: 1}, 'ERR_INVALID_ARG_TYPE'],
	['onProgress', 'file', {onProgress: true}, 'ERR_INVALID_ARG_TYPE'],
	['timeout', 'file', {timeout: -1}, 'ERR_OUT_OF_RANGE'],
	['signal', 'file', {signal: {}}, 'ERR_INVALID_ARG_TYPE'],
];
test.serial('wrong arguments reject before anything happens, and the message names the option', async t => {
	const {connection} = await rawPair(t);
	for (const [name, file, options, code] of wrong) {
		const error = (await reasonOf(connection.sendFile(file as string, options as SendFileOptions))) as {
			code: string;
			message: string;
		};
		t.is(error.code, code, name);
		t.regex(error.message, new RegExp(`"${name}"`, 'u'));
	}

	t.is(connection.stats.bytesWritten, 0);
	t.is(connection.state, 'connected');
});

test.serial("what opening throws is Node's own, before any byte, and later sends go on", async t => {
	const {connection, peer} = await ownPair(t);
	const missing = join(await folder(t), 'missing');
	const failed = reasonOf(connection.sendFile(missing, {header: 'never'}));
	const after = connection.send('after');
	const error = (await failed) as NodeJS.ErrnoException;
	t.is(error.code, 'ENOENT');
	t.is(error.path, missing);
	t.is(error.syscall, 'open');
	await after;
	t.is((await peer.readExactly(5)).toString(), 'after');
});

test.serial('a directory, a FIFO and a device are refused before any byte', async t => {
	const {connection} = await rawPair(t);
	const place = await folder(t);
	execFileSync('mkfifo', [join(place, 'fifo')]);
	for (const [path, code] of [
		[place, 'EISDIR'],
		[join(place, 'fifo'), 'EINVAL'],
		['/dev/zero', 'EINVAL'],
	] as const) {
		const error = (await reasonOf(connection.sendFile(path, {header: 'h'}))) as ResourceError;
		t.true(error instanceof ResourceError);
		t.is(error.code, code);
		t.is(error.syscall, 'sendfile');
	}

	t.is(connection.stats.bytesWritten, 0);
	t.is(connection.state, 'connected');
});

test.serial('a file that is too short from the start is told before any byte, and the connection lives', async t => {
	const {connection} = await rawPair(t);
	const path = await fileOf(t, 'abc');
	for (const options of [{length: 4}, {offset: 2, length: 2}, {offset: 4}]) {
		const error = (await reasonOf(connection.sendFile(path, {header: 'h', ...options}))) as UnexpectedEndError;
		t.true(error instanceof UnexpectedEndError);
		t.is(error.code, 'ERR_FILE_TRUNCATED');
		t.is(error.bytesSent, 0);
		t.is(error.partial.length, 0);
		t.is(error.expected, 'length' in options ? options.length : undefined);
	}

	t.is(connection.state, 'connected');
});

test.serial('a file that shrinks is an UnexpectedEndError, and the peer sees a reset', async t => {
	const {connection, testify} = await witnessed(t);
	const path = await fileOf(t, randomBytes(muchBytes));
	const sent = reasonOf(connection.sendFile(path));
	await until(() => connection.stats.bytesWritten > 0, 'the first bytes');
	await truncate(path, 1000);
	const testimony = testify();
	const error = (await within(sent, 'the error')) as UnexpectedEndError;
	t.true(error instanceof UnexpectedEndError);
	t.is(error.code, 'ERR_FILE_TRUNCATED');
	t.is(error.expected, muchBytes);
	t.is(error.partial.length, 0);
	t.true(error.bytesSent > 0 && error.bytesSent < muchBytes);
	const {reason, error: ended} = await connection.closed;
	t.is(reason, 'cancelled');
	t.is(ended, error);
	t.is((await testimony).ended, 'reset');
});

test.serial('aborted or timed out before its first byte nothing is sent; after it the connection is reset', async t => {
	const {connection, testify} = await witnessed(t);
	const path = await fileOf(t, randomBytes(muchBytes));
	t.is(await reasonOf(connection.sendFile(path, {signal: AbortSignal.abort('early')})), 'early');
	const early = new AbortController();
	const waiting = reasonOf(connection.sendFile(path, {signal: early.signal, header: 'h'}));
	early.abort('while it is opened');
	t.is(await waiting, 'while it is opened');
	t.true((await reasonOf(connection.sendFile(path, {timeout: 0}))) instanceof TimeoutError);
	t.is(connection.stats.bytesWritten, 0);
	const late = new AbortController();
	const running = reasonOf(connection.sendFile(path, {signal: late.signal}));
	await until(() => connection.stats.bytesWritten > 0, 'the first bytes');
	late.abort('late');
	t.is(await running, 'late');
	const {reason, error} = await connection.closed;
	t.is(reason, 'cancelled');
	t.true(error instanceof ClosedError && error.bytesSent > 0);
	t.is((await testify()).ended, 'reset');
});

test.serial(
	'a handle that the caller has closed is a clear error; once bytes are out, the connection is reset',
	async t => {
		const {connection, peer} = await rawPair(t);
		const path = await fileOf(t, randomBytes(muchBytes));
		const closed = await open(path);
		await closed.close();
		const refused = (await reasonOf(connection.sendFile(closed))) as ResourceError;
		t.is(refused.code, 'EBADF');
		t.is(connection.state, 'connected');
		const handle = await open(path);
		const sent = reasonOf(connection.sendFile(handle));
		await until(() => connection.stats.bytesWritten > 0, 'the first bytes');
		await handle.close();
		// Whoever is given the number of the descriptor now: nothing of it goes out.
		const other = await open(path);
		t.teardown(async () => other.close());
		peer.socket.resume();
		const error = (await within(sent, 'the error')) as ResourceError;
		t.true(error instanceof ResourceError);
		t.is(error.code, 'EBADF');
		t.is((await connection.closed).error, error);
	},
);

test.serial('a peer that resets during it is a BrokenError of sendfile, and the file is closed', async t => {
	const {connection, peer} = await rawPair(t);
	const path = await fileOf(t, randomBytes(muchBytes));
	const before = descriptorCount();
	const sent = reasonOf(connection.sendFile(path));
	await until(() => connection.stats.bytesWritten > 0, 'the first bytes');
	t.is(descriptorCount(), before + 1);
	peer.socket.resetAndDestroy();
	const error = (await within(sent, 'the error')) as BrokenError;
	t.true(error instanceof BrokenError);
	t.regex(error.code, /^(?:ECONNRESET|EPIPE)$/u);
	t.true(error.bytesSent > 0);
	await connection.closed;
	await until(() => descriptorCount() < before, 'the descriptors are closed');
	t.pass();
});

test.serial('onProgress is told from outside of the call, never backwards, and at last all', async t => {
	const {connection, peer} = await ownPair(t);
	const path = await fileOf(t, randomBytes(muchBytes));
	const told: number[] = [];
	let isInside = true;
	const sent = connection.sendFile(path, {
		header: 'header',
		onProgress(bytes, total) {
			t.false(isInside);
			t.is(total, muchBytes);
			told.push(bytes);
		},
	});
	isInside = false;
	await peer.discard(muchBytes + 6);
	t.is(await sent, muchBytes);
	t.true(told.length > 1);
	t.deepEqual(
		told,
		[...told].sort((a, b) => a - b),
	);
	t.is(new Set(told).size, told.length);
	t.is(told.at(-1), muchBytes);
});

/** In the soak more than 32 bits can tell. */
const sparseMiB = isSoak ? 4096 : 64;
test.serial(`a sparse file of ${sparseMiB} MiB, with header and trailer, arrives whole between two sends`, async t => {
	soakTimeout(t, 600_000);
	const {connection, peer} = await ownPair(t);
	const path = await fileOf(t, '');
	const size = sparseMiB * MiB + 12_345;
	const tail = randomBytes(100);
	await truncate(path, size - tail.length);
	await appendFile(path, tail);
	const sent = Promise.all([
		connection.send('before'),
		connection.sendFile(path, {header: 'header', trailer: 'trailer'}),
		connection.send('after'),
		connection.shutdown(),
	]);
	const expected = createHash('sha256').update('beforeheader');
	const zeros = Buffer.alloc(MiB);
	for (let left = size - tail.length; left > 0; left -= zeros.length)
		expected.update(zeros.subarray(0, Math.min(left, zeros.length)));
	expected.update(tail).update('trailerafter');
	const came = createHash('sha256');
	for await (const chunk of peer) came.update(chunk);
	t.is(came.digest('hex'), expected.digest('hex'));
	t.is((await sent)[1], size);
});
