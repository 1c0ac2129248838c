import {Buffer} from 'node:buffer';
import test from 'ava';
import {connect, LimitError} from '../../src/index.js';
import {EventLoop, type TcpConnection} from '../../src/reactor/index.js';
import {runChild} from '../support/child.js';
import {checkDescriptors} from '../support/descriptors.js';
import {dial, turns, until} from '../support/server-peers.js';
import {serveReactor} from './support.js';

checkDescriptors(test);

const loop = EventLoop.current();
const reactor = new URL('../../src/reactor/index.ts', import.meta.url).href;
const KiB = 1024;
const MiB = 1024 * KiB;

test('write-complete is told once for each emptying, also for the last one of a connection whose peer ended first', async t => {
	const scene = await serveReactor(t, {
		onMessage(connection, buffer) {
			buffer.retrieveAll();
			connection.send(Buffer.alloc(6 * MiB));
		},
		onEnd(connection) {
			connection.shutdown();
			t.is(connection.state, 'disconnecting');
		},
		onWriteComplete(connection) {
			t.is(connection.stats.pendingBytes, 0);
			t.is(connection.state, 'disconnecting');
		},
	});
	const peer = await dial(scene.server.address, {allowHalfOpen: true});
	peer.socket.pause();
	peer.send('go');
	peer.end();
	await until('the end is told', () => scene.log.includes('end'));
	peer.socket.resume();
	t.is(await peer.ended, 'end');
	t.is(peer.length, 6 * MiB);
	await scene.closed();
	await turns(3);
	t.deepEqual(
		scene.log.filter(word => word !== 'high'),
		['up', 'message', 'end', 'written', 'down', 'close'],
	);
});

test('a small send followed by shutdown at once still has its write-complete, before the end', async t => {
	const scene = await serveReactor(t, {
		onMessage(connection, buffer) {
			connection.send(buffer.retrieveAll());
			connection.shutdown();
		},
	});
	const peer = await dial(scene.server.address);
	peer.send('x');
	peer.end();
	t.is(await peer.ended, 'end');
	await scene.closed();
	t.is(scene.log.filter(word => word === 'written').length, 1);
	t.deepEqual(scene.log.slice(-2), ['down', 'close']);
});

test('exactly maxPendingBytes may be queued when a send comes; one byte more resets, and only that send is lost', async t => {
	const maxPendingBytes = 9 * MiB;
	for (const over of [0, 1]) {
		const states: string[] = [];
		let queued = 0;
		const scene = await serveReactor(
			t,
			{
				onConnection(connection) {
					if (connection.state !== 'connected') return;
					connection.send(Buffer.alloc(8 * MiB));
					connection.send(Buffer.alloc(maxPendingBytes - connection.stats.pendingBytes + over));
					queued = connection.stats.pendingBytes;
					states.push(connection.state);
					connection.send('the one that finds it');
					states.push(connection.state);
				},
			},
			{maxPendingBytes, highWaterMark: 1},
		);
		const peer = await connect({port: scene.server.address.port, host: '127.0.0.1'});
		await until('it is up', () => states.length === 2);
		t.is(queued, maxPendingBytes + over);
		t.deepEqual(states, over === 0 ? ['connected', 'connected'] : ['connected', 'disconnected']);
		if (over === 0) peer.reset();
		await scene.closed();
		const [info] = scene.infos;
		t.is(info?.reason, over === 0 ? 'broken' : 'maxPendingBytes');
		if (over === 1) {
			t.true(info?.error instanceof LimitError);
			t.is((info?.error as LimitError).actual, maxPendingBytes + 1);
			t.is((info?.error as LimitError).limit, maxPendingBytes);
			t.is(scene.server.stats.ended.maxPendingBytes, 1);
			await t.throwsAsync(peer.readAll({limit: Infinity}), {code: 'ECONNRESET'});
		}
	}
});

test('the up callback sees at once what it has done itself', async t => {
	for (const [end, state] of [
		['shutdown', 'disconnecting'],
		['forceClose', 'disconnected'],
	] as const) {
		let seen = '';
		const scene = await serveReactor(t, {
			onConnection(connection) {
				if (connection.state !== 'connected') return;
				connection[end]();
				seen = connection.state;
			},
		});
		await dial(scene.server.address);
		await scene.closed();
		t.is(seen, state);
	}
});

test('sends from many callbacks, small and large, posted and direct, keep their order', async t => {
	const expected: Buffer[] = [];
	let number = 0;
	const sendSome = (connection: TcpConnection): void => {
		for (const size of [1, 100, 4095, 4096, 70_000, 3]) {
			const message = Buffer.alloc(size, number++ % 251);
			expected.push(message);
			if (number % 3 === 0) connection.send([message.subarray(0, size >> 1), message.subarray(size >> 1)]);
			else connection.send(message);
		}
	};
	let rounds = 0;
	const scene = await serveReactor(
		t,
		{
			onMessage(connection, buffer) {
				buffer.retrieveAll();
				sendSome(connection);
				loop.queueInLoop(() => sendSome(connection));
				setImmediate(() => sendSome(connection));
				queueMicrotask(() => sendSome(connection));
			},
			onWriteComplete(connection) {
				if (++rounds <= 10) sendSome(connection);
				else if (rounds === 11) connection.shutdown();
			},
		},
		{maxPendingBytes: Infinity},
	);
	const peer = await dial(scene.server.address);
	for (let round = 0; round < 5; round++) peer.send('go');
	t.is(await peer.ended, 'end');
	t.true(peer.bytes.equals(Buffer.concat(expected)));
});

test('high water: not at the mark, but above it; again after it has fallen to the mark, without being empty', async t => {
	const told: number[] = [];
	const scene = await serveReactor(
		t,
		{onHighWaterMark: (_connection, bytes) => void told.push(bytes)},
		{maxPendingBytes: Infinity, highWaterMark: 32 * MiB},
	);
	const peer = await connect({port: scene.server.address.port, host: '127.0.0.1'});
	await until('it is up', () => scene.log.includes('up'));
	const [connection] = scene.server.connections;
	if (connection === undefined) return t.fail();
	connection.send(Buffer.alloc(16 * MiB));
	connection.send(Buffer.alloc(32 * MiB - connection.stats.pendingBytes));
	t.is(connection.stats.pendingBytes, 32 * MiB);
	await turns(3);
	t.deepEqual(told, []);
	connection.send('x');
	connection.send('y');
	await until('it is told', () => told.length === 1);
	t.is(told[0], 32 * MiB + 1);
	await peer.readExactly(12 * MiB);
	await until('it has fallen', () => connection.stats.pendingBytes < 32 * MiB);
	// More than fits below the mark, however much the kernel has taken meanwhile.
	connection.send(Buffer.alloc(32 * MiB));
	await until('it is told again', () => told.length === 2);
	peer.reset();
	await scene.closed();
});

test('a process that ends with output pending ends the connection in a reset', async t => {
	const scene = await serveReactor(t, {onMessage: connection => connection.stopRead()});
	const outcome = await runChild(`
		const {EventLoop, TcpClient} = await import(${JSON.stringify(reactor)});
		const client = new TcpClient(EventLoop.current(), {host: '127.0.0.1', port: ${scene.server.address.port}, retry: false}, {
			onConnection(connection) {
				connection.send(Buffer.alloc(64 * 1024 * 1024));
				if (connection.stats.pendingBytes === 0) console.log('nothing is pending');
				process.exit(0);
			},
		});
		client.connect();
	`);
	t.is(outcome.stdout, '', outcome.stderr);
	const [connection] = scene.logs.keys();
	connection?.startRead();
	await scene.closed();
	t.is(scene.infos[0]?.reason, 'broken');
	t.false(scene.log.includes('end'));
});
