/** Files among other calls of the writing half: order, cancelling at every point, ends, and what is told on the way. */
import {AsyncLocalStorage} from 'node:async_hooks';
import {Buffer} from 'node:buffer';
import {createHash, randomBytes} from 'node:crypto';
import {mkdtemp, open, rm, truncate, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {BrokenError, ClosedError, ResourceError, TimeoutError, type SendFileOptions} from '../../src/index.js';
import {EventLoop} from '../../src/reactor/index.js';
import {runChild} from '../support/child.js';
import {checkDescriptors, descriptorsOf} from '../support/descriptors.js';
import {ownPair, rawPair} from '../support/pairs.js';
import {reasonOf, until, within} from '../support/wait.js';
import {witnessed} from '../support/witness.js';

checkDescriptors(test);

// What nobody closes, Node's garbage collector closes, and warns.
const warnings: string[] = [];
process.on('warning', ({message}) => warnings.push(message));
test.after.always('every file was closed by those who had opened it', t => {
	t.deepEqual(
		warnings.filter(message => message.includes('garbage collection')),
		[],
	);
});

const KiB = 1024;
const MiB = 1024 * KiB;
/** More than the kernel takes of a peer that does not read. */
const muchBytes = 24 * MiB;

async function fileOf(t: ExecutionContext, content: Uint8Array | string): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'cotcp-'));
	t.teardown(async () => rm(folder, {recursive: true, force: true}));
	const path = join(folder, 'file');
	await writeFile(path, content);
	return path;
}

function sha256(pieces: ReadonlyArray<Uint8Array | string>): string {
	const hash = createHash('sha256');
	for (const piece of pieces) hash.update(piece);
	return hash.digest('hex');
}

// order

test.serial('sends and files that wait for a slow peer go out, and settle, in the order of the calls', async t => {
	const {connection, peer} = await ownPair(t, {maxPendingBytes: 64 * KiB});
	const large = randomBytes(muchBytes);
	const other = randomBytes(3 * MiB + 1);
	const path = await fileOf(t, other);
	const handle = await open(path);
	t.teardown(async () => handle.close());
	const settled: string[] = [];
	const note = async (name: string, call: Promise<unknown>): Promise<void> => {
		await call;
		settled.push(name);
	};

	const given = new AbortController();
	const calls = [
		note('send', connection.send(large)),
		note('path', connection.sendFile(path, {header: 'h1', trailer: 't1'})),
		note('small', connection.send('small')),
		note('handle', connection.sendFile(handle, {length: other.length})),
		note('again', connection.sendFile(handle, {offset: 1, length: other.length - 1, header: 'h2'})),
	];
	const aborted = reasonOf(connection.sendFile(handle, {header: 'never', signal: given.signal}));
	calls.push(
		note('some', connection.sendSome(Buffer.from('s'))),
		note('empty', connection.sendFile(handle, {length: 0})),
		note('last', connection.send(['l', 'ast'])),
		note('flush', connection.flush()),
		note('shutdown', connection.shutdown()),
	);
	given.abort('given up');
	t.is(await aborted, 'given up');
	t.deepEqual(settled, []);
	const came = await within(peer.readAll({limit: Infinity}), 'the bytes');
	await Promise.all(calls);
	const wanted = [large, 'h1', other, 't1', 'small', other, 'h2', other.subarray(1), 's', 'last'];
	t.is(sha256([came]), sha256(wanted));
	t.deepEqual(settled, ['send', 'path', 'small', 'handle', 'again', 'some', 'empty', 'last', 'flush', 'shutdown']);
});

test.serial('a file that waits costs maxPendingBytes its header and trailer, not its bytes', async t => {
	const {connection} = await rawPair(t, {maxPendingBytes: 100 * KiB});
	const handle = await open(await fileOf(t, randomBytes(MiB)));
	t.teardown(async () => handle.close());
	const ends = [connection.send(Buffer.alloc(muchBytes))];
	for (let round = 0; round < 10; round++) ends.push(connection.sendFile(handle, {length: MiB}).then(() => {}));
	ends.push(connection.send('behind'));
	t.is(connection.state, 'connected');
	t.true(connection.stats.pendingBytes > 10 * MiB);
	const header = Buffer.alloc(101 * KiB);
	ends.push(connection.sendFile(handle, {header}).then(() => {}));
	ends.push(connection.send('one too many'));
	for (const end of ends) await reasonOf(end);
	t.is((await connection.closed).reason, 'maxPendingBytes');
});

test.serial('a handle that is closed before its turn costs nothing but the call', async t => {
	const {connection, peer} = await ownPair(t);
	const handle = await open(await fileOf(t, 'content'));
	const first = connection.send(Buffer.alloc(muchBytes));
	const refused = reasonOf(connection.sendFile(handle, {header: 'never'}));
	const last = connection.send('last');
	await handle.close();
	await peer.discard(muchBytes);
	t.is((await peer.readExactly(4)).toString(), 'last');
	await Promise.all([first, last]);
	const error = (await refused) as ResourceError;
	t.true(error instanceof ResourceError);
	t.like(error, {code: 'EBADF', bytesSent: 0});
	t.is(connection.state, 'connected');
});

test.serial("a file still goes out after the peer's end, and none after our own", async t => {
	const {connection, peer} = await ownPair(t);
	await peer.shutdown();
	t.is(await connection.read(), null);
	const content = randomBytes(muchBytes);
	const sent = connection.sendFile(await fileOf(t, content));
	const shut = connection.shutdown();
	t.true((await reasonOf(connection.sendFile('/no/such/file'))) instanceof ClosedError);
	t.true((await within(peer.readAll({limit: Infinity}), 'the bytes')).equals(content));
	t.is(await sent, content.length);
	await shut;
});

// cancelled

interface Point {
	readonly at: string;
	readonly header?: number;
	readonly file: number;
	readonly trailer?: number;
	/** Bytes of it that are out when it is cancelled are more than this. */
	readonly more: number;
}

const points: readonly Point[] = [
	{at: 'in its header', header: muchBytes, file: 1, more: 0},
	{at: 'in the file', header: 5, file: muchBytes, trailer: 5, more: 5},
	{at: 'in its trailer', header: 5, file: 1000, trailer: muchBytes, more: 1005},
];

function pointOptions({header = 0, trailer = 0}: Point): SendFileOptions {
	return {header: Buffer.alloc(header), trailer: Buffer.alloc(trailer)};
}

for (const point of points) {
	test.serial(`aborted ${point.at} it rejects with the reason, and the peer sees a reset`, async t => {
		const {connection, testify} = await witnessed(t);
		const path = await fileOf(t, Buffer.alloc(point.file));
		const given = new AbortController();
		const sending = reasonOf(connection.sendFile(path, {...pointOptions(point), signal: given.signal}));
		const behind = reasonOf(connection.send('behind'));
		await until(() => connection.stats.bytesWritten > point.more, 'the first bytes');
		const testimony = testify();
		given.abort('given up');
		t.is(await within(sending, 'the rejection'), 'given up');
		t.true((await behind) instanceof ClosedError);
		const {reason, error} = await connection.closed;
		t.is(reason, 'cancelled');
		t.true(error instanceof ClosedError && error.bytesSent > point.more && error.cause === 'given up');
		t.is((await testimony).ended, 'reset');
		await until(() => descriptorsOf(path) === 0, 'the file is closed');
	});

	test.serial(`timed out ${point.at} it is a TimeoutError that tells how far it came, never early`, async t => {
		const {connection} = await rawPair(t);
		// Open already: then the first bytes go out within the call, however slow the machine is.
		const handle = await open(await fileOf(t, Buffer.alloc(point.file)));
		t.teardown(async () => handle.close());
		const timeout = 100;
		const start = performance.now();
		const error = await reasonOf(connection.sendFile(handle, {...pointOptions(point), timeout}));
		t.true(performance.now() - start >= timeout);
		t.true(error instanceof TimeoutError && error.bytesSent > point.more);
		t.is((await connection.closed).error, error);
	});
}

test.serial('aborted or timed out while it waits for its turn nothing of it goes out', async t => {
	const {connection, peer} = await ownPair(t);
	const path = await fileOf(t, 'content');
	const first = connection.send(Buffer.alloc(muchBytes));
	const given = new AbortController();
	const aborted = reasonOf(connection.sendFile(path, {header: 'never', signal: given.signal}));
	const late = reasonOf(connection.sendFile(path, {header: 'never', timeout: 20}));
	const last = connection.send('last');
	const timedOut = await late;
	t.true(timedOut instanceof TimeoutError && timedOut.bytesSent === 0);
	given.abort('given up');
	t.is(await aborted, 'given up');
	await peer.discard(muchBytes);
	t.is((await peer.readExactly(4)).toString(), 'last');
	await Promise.all([first, last]);
});

test.serial('aborted after it has settled, nothing happens', async t => {
	const {connection, peer} = await ownPair(t);
	const given = new AbortController();
	t.is(await connection.sendFile(await fileOf(t, 'content'), {signal: given.signal}), 7);
	given.abort('too late');
	await connection.send('more');
	t.is((await peer.readExactly(11)).toString(), 'contentmore');
	t.is(connection.state, 'connected');
});

// ended meanwhile

for (const way of ['reset', 'close'] as const) {
	test.serial(`${way} in the middle of a file rejects it with ClosedError and closes the file`, async t => {
		const {connection} = await rawPair(t);
		const path = await fileOf(t, Buffer.alloc(muchBytes));
		const sending = reasonOf(connection.sendFile(path));
		await until(() => connection.stats.bytesWritten > 0, 'the first bytes');
		t.is(descriptorsOf(path), 1);
		if (way === 'reset') connection.reset();
		else void connection.close({timeout: 0});
		const error = await within(sending, 'the rejection');
		t.true(error instanceof ClosedError && error.bytesSent > 0 && error.bytesSent < muchBytes);
		await until(() => descriptorsOf(path) === 0, 'the file is closed');
	});
}

test.serial(
	'a file that shrinks at any moment is sent as it was, or ends in a reset: never in a short end',
	async t => {
		const seen: string[] = [];
		for (let round = 0; round < 12; round++) {
			const {connection, peer} = await ownPair(t);
			const path = await fileOf(t, Buffer.alloc(8 * MiB));
			const left = Math.floor(Math.random() * 8 * MiB);
			const moment = Math.floor(Math.random() * 12 * MiB);
			const sending = connection.sendFile(path).then(
				async () => connection.shutdown(),
				() => {},
			);
			let bytes = 0;
			let isShrunk = false;
			const reading = (async () => {
				for await (const chunk of peer) {
					bytes += chunk.length;
					if (isShrunk || bytes < moment) continue;
					isShrunk = true;
					await truncate(path, left);
				}

				return 'end';
			})();
			const ending = await reading.catch((error: unknown) => error);
			await sending;
			seen.push(`${left} left at ${moment}: ${ending === 'end' ? 'end' : 'reset'} after ${bytes}`);
			t.true(ending === 'end' ? bytes === 8 * MiB : ending instanceof BrokenError, seen.at(-1));
		}

		t.log(seen.join('; '));
	},
);

// told on the way

test.serial('onProgress is told at most once per turn of the loop, in the async context of the call', async t => {
	const {connection, peer} = await ownPair(t);
	const path = await fileOf(t, Buffer.alloc(muchBytes));
	const storage = new AsyncLocalStorage<string>();
	const loop = EventLoop.current();
	const turns: number[] = [];
	const sent = storage.run('of the call', async () =>
		connection.sendFile(path, {
			onProgress() {
				t.is(storage.getStore(), 'of the call');
				turns.push(loop.stats.iterations);
			},
		}),
	);
	await peer.discard(muchBytes);
	await sent;
	t.true(turns.length > 1);
	t.is(new Set(turns).size, turns.length);
});

test.serial('what onProgress throws is an uncaughtException, and the file goes on', async t => {
	const path = await fileOf(t, Buffer.alloc(muchBytes));
	const {code, stdout, stderr} = await runChild(`
		const {connect, listen} = cotcp;
		let thrown = 0;
		process.on('uncaughtException', error => { if (error.message === 'of the user') thrown++; });
		const server = await listen({host: '127.0.0.1', port: 0});
		const client = await connect({host: '127.0.0.1', port: server.address.port});
		const peer = await server.accept();
		const sent = client.sendFile(${JSON.stringify(path)}, {onProgress() { throw new Error('of the user'); }});
		await peer.discard(${muchBytes});
		console.log(await sent, thrown > 1, client.state);
		client.reset();
		peer.reset();
		await server.close();
	`);
	t.is(code, 0, stderr);
	t.is(stdout, `${muchBytes} true connected\n`);
});

test.serial('once it has been rejected, onProgress is told nothing more', async t => {
	const {connection} = await rawPair(t);
	const handle = await open(await fileOf(t, Buffer.alloc(muchBytes)));
	t.teardown(async () => handle.close());
	let told = 0;
	const sending = reasonOf(
		connection.sendFile(handle, {
			onProgress() {
				told++;
			},
		}),
	);
	t.true(connection.stats.bytesWritten > 0);
	// The word about these bytes is on its way.
	connection.reset();
	t.true((await sending) instanceof ClosedError);
	t.is(told, 0);
});
