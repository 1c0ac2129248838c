import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {performance} from 'node:perf_hooks';
import test from 'ava';
import {ClosedError, connect, LimitError} from '../../src/index.js';
import type {TcpConnection} from '../../src/reactor/index.js';
import {RawClients} from '../support/process-raw-client.js';
import {dial, turns, until} from '../support/server-peers.js';
import {serveReactor} from './support.js';

const MiB = 1024 * 1024;

test('100 MiB and shutdown at once: all bytes, then the end; write-complete once, after the whole', async t => {
	const content = Buffer.alloc(100 * MiB);
	for (let at = 0; at < content.length; at += 4) content.writeUInt32LE(at, at);
	const scene = await serveReactor(t, {
		onMessage(connection) {
			connection.send(content);
			connection.shutdown();
			t.is(connection.state, 'disconnecting');
		},
	});
	const peer = await dial(scene.server.address);
	const hash = createHash('sha256');
	peer.socket.on('data', (chunk: Buffer) => hash.update(chunk));
	peer.send('go');
	t.is(await peer.ended, 'end');
	t.is(hash.digest('hex'), createHash('sha256').update(content).digest('hex'));
	await scene.closed();
	t.is(scene.log.filter(word => word === 'written').length, 1);
	t.is(scene.infos[0]?.bytesWritten, content.length);
});

test("what is sent is as of the call: the memory is the caller's again", async t => {
	const scene = await serveReactor(t, {
		onMessage(connection) {
			const big = Buffer.alloc(4 * MiB, 'a');
			connection.send(big);
			big.fill('b');
			const small = Buffer.from('small');
			connection.send([small, 'text', small]);
			small.fill('!');
			connection.shutdown();
		},
	});
	const peer = await dial(scene.server.address);
	peer.send('go');
	t.is(await peer.ended, 'end');
	t.true(peer.bytes.subarray(0, 4 * MiB).equals(Buffer.alloc(4 * MiB, 'a')));
	t.is(peer.bytes.subarray(4 * MiB).toString(), 'smalltextsmall');
});

test('write-complete comes once per turn, in the next one, also for what was written at once', async t => {
	let inside = false;
	const scene = await serveReactor(t, {
		onMessage(connection) {
			inside = true;
			for (let count = 0; count < 100; count++) connection.send('x');
			inside = false;
		},
		onWriteComplete() {
			t.false(inside);
		},
	});
	const peer = await dial(scene.server.address);
	peer.send('go');
	await peer.received(100);
	await until('it is told', () => scene.log.includes('written'));
	await turns();
	t.is(scene.log.filter(word => word === 'written').length, 1);
});

// It keeps the thread for itself.
test.serial('high water that has gone down by the time it is told is followed by write-complete', async t => {
	const scene = await serveReactor(t, {}, {highWaterMark: 1});
	const peer = await RawClients.connect(t, scene.server.address.port);
	await until('it is up', () => scene.log.includes('up'));
	const [connection] = scene.server.connections;
	// Its write-complete is due in the next turn, and must not be the last one.
	connection?.send('x');
	connection?.send(Buffer.alloc(6 * MiB)); // more than the kernel takes of a peer that does not read
	const all = peer.readOne();
	const end = performance.now() + 20_000;
	while ((connection?.info()?.notSentBytes ?? 0) > 0 && performance.now() < end);
	await until('all is out', () => scene.log.includes('high') && scene.log.includes('written'));
	await turns();
	t.is(scene.log.at(-1), 'written');
	await scene.server.stop();
	const {bytes} = await all;
	t.is(bytes, 6 * MiB + 1);
});

test('the next chunk is sent when write-complete tells that the one before is out', async t => {
	let left = 50;
	const scene = await serveReactor(t, {
		onConnection(connection) {
			if (connection.state === 'connected') connection.send(Buffer.alloc(256 * 1024, 'c'));
		},
		onWriteComplete(connection) {
			t.is(connection.stats.pendingBytes, 0);
			if (--left > 0) connection.send(Buffer.alloc(256 * 1024, 'c'));
			else connection.shutdown();
		},
	});
	const peer = await dial(scene.server.address);
	t.is(await peer.ended, 'end');
	t.is(peer.length, 50 * 256 * 1024);
	await scene.closed();
});

test('high water is told once when the output rises above the mark, and again after it was empty', async t => {
	let told: number[] = [];
	const scene = await serveReactor(
		t,
		{
			onMessage(connection, buffer) {
				buffer.retrieveAll();
				for (let count = 0; count < 40; count++) connection.send(Buffer.alloc(512 * 1024));
			},
			onHighWaterMark(_connection, bytes) {
				told.push(bytes);
			},
		},
		{highWaterMark: MiB, maxPendingBytes: 64 * MiB},
	);
	const peer = await dial(scene.server.address);
	for (let round = 1; round <= 2; round++) {
		told = [];
		peer.socket.pause();
		peer.send('go');
		await until('it is told', () => told.length > 0);
		t.true((told[0] as number) > MiB && (told[0] as number) <= 1.5 * MiB + 1, String(told));
		peer.socket.resume();
		await peer.received(round * 20 * MiB);
		await until('all is out', () => scene.log.filter(word => word === 'written').length === round);
		t.is(told.length, 1);
	}
});

test('a peer that does not read is reset when a send finds more than maxPendingBytes queued', async t => {
	let sends = 0;
	const scene = await serveReactor(
		t,
		{
			onMessage(connection) {
				connection.send(Buffer.alloc(32 * MiB)); // one message of any size is taken onto an empty queue
				t.is(connection.state, 'connected');
				for (; connection.state === 'connected' && sends < 10; sends++) connection.send('more');
			},
		},
		{maxPendingBytes: MiB},
	);
	const peer = await connect({port: scene.server.address.port, host: '127.0.0.1'});
	await peer.send('go');
	await scene.closed();
	t.is(sends, 1);
	const [info] = scene.infos;
	t.is(info?.reason, 'maxPendingBytes');
	t.true(info?.error instanceof LimitError);
	t.is((info?.error as LimitError).limit, MiB);
	t.true((info?.error as LimitError).actual > MiB);
	t.is(scene.server.stats.ended.maxPendingBytes, 1);
	await t.throwsAsync(peer.readAll({limit: Infinity}), {code: 'ECONNRESET'});
});

test('send after shutdown, after forceClose and after the end is a ClosedError', async t => {
	const codes: unknown[] = [];
	const attempt = (connection: TcpConnection): void => {
		try {
			connection.send('late');
		} catch (error) {
			codes.push(error instanceof ClosedError);
		}
	};
	let gone: TcpConnection | undefined;
	const scene = await serveReactor(t, {
		onMessage(connection) {
			connection.shutdown();
			attempt(connection);
			connection.forceClose();
			attempt(connection);
			gone = connection;
		},
	});
	const peer = await dial(scene.server.address);
	peer.send('x');
	await scene.closed();
	attempt(gone as TcpConnection);
	t.deepEqual(codes, [true, true, true]);
	t.deepEqual(scene.errors, []);
});
