import {Buffer} from 'node:buffer';
import test from 'ava';
import {BrokenError, connect} from '../../src/index.js';
import {EventLoop, TcpServer, type TcpConnection} from '../../src/reactor/index.js';
import {dial, dialMany, openDescriptors, turns, until} from '../support/server-peers.js';
import {serveReactor} from './support.js';

const loop = EventLoop.current();
const MiB = 1024 * 1024;

test('the peer ends first: up, message, end, down, close, once each', async t => {
	const scene = await serveReactor(t);
	const peer = await dial(scene.server.address);
	peer.send('x');
	await until('it has come', () => scene.log.includes('message'));
	peer.end();
	t.is(await peer.ended, 'end');
	await scene.closed();
	await turns();
	t.deepEqual(scene.log, ['up', 'message', 'end', 'down', 'close']);
	t.is(scene.infos[0]?.reason, 'closed');
	t.is(scene.infos[0]?.bytesRead, 1);
	t.is(scene.server.stats.ended.closed, 1);
	t.is(scene.server.connections.size, 0);
});

test('this side ends first', async t => {
	const scene = await serveReactor(t, {
		onConnection(connection) {
			if (connection.state === 'connected') connection.shutdown();
		},
	});
	const peer = await dial(scene.server.address);
	t.is(await peer.ended, 'end');
	await scene.closed();
	await turns();
	t.deepEqual(scene.log, ['up', 'end', 'down', 'close']);
	t.is(scene.infos[0]?.reason, 'closed');
});

test("without onEnd the peer's end shuts this side down, behind pending output", async t => {
	const server = new TcpServer(
		loop,
		{port: 0, host: '127.0.0.1'},
		{
			onMessage(connection, buffer) {
				buffer.retrieveAll();
				connection.send(Buffer.alloc(8 * MiB, 'y'));
			},
		},
	);
	await server.start();
	const peer = await dial(server.address, {allowHalfOpen: true});
	peer.socket.pause();
	peer.send('go');
	peer.end();
	peer.socket.resume();
	t.is(await peer.ended, 'end');
	t.is(peer.length, 8 * MiB);
	t.deepEqual(await server.stop(), {drained: 0, aborted: 0});
});

test('a reset by the peer: the bytes before it, then down and close with the error', async t => {
	const scene = await serveReactor(t);
	const peer = await dial(scene.server.address);
	await until('it is up', () => scene.log.includes('up'));
	peer.send('last words');
	await until('they have come', () => scene.log.includes('message'));
	peer.reset();
	await scene.closed();
	await turns();
	t.deepEqual(scene.log, ['up', 'message', 'down', 'close']);
	t.is(scene.infos[0]?.reason, 'broken');
	t.true(scene.infos[0]?.error instanceof BrokenError);
	t.deepEqual(scene.errors, []);
});

test('forceClose inside onMessage: down and close in the next turn, and nothing else', async t => {
	let isInside = false;
	const scene = await serveReactor(t, {
		onMessage(connection) {
			isInside = true;
			connection.forceClose();
			connection.forceClose();
			t.is(connection.state, 'disconnected');
			isInside = false;
		},
		onConnection(connection) {
			if (connection.state === 'disconnected') t.false(isInside);
		},
	});
	const peer = await dial(scene.server.address);
	peer.send('x');
	await peer.ended;
	await scene.closed();
	await turns();
	t.deepEqual(scene.log, ['up', 'message', 'down', 'close']);
	t.is(scene.infos[0]?.reason, 'reset');
});

test('forceClose inside the up callback', async t => {
	const scene = await serveReactor(t, {
		onConnection(connection) {
			if (connection.state === 'connected') connection.forceClose();
		},
	});
	const peer = await dial(scene.server.address);
	await peer.ended;
	await scene.closed();
	await turns();
	t.deepEqual(scene.log, ['up', 'down', 'close']);
});

test('forceClose with output pending is a reset, without it an end', async t => {
	const scene = await serveReactor(t, {
		onMessage(connection, buffer) {
			if (buffer.retrieveAsString() === 'much') connection.send(Buffer.alloc(16 * MiB));
			connection.forceClose();
		},
	});
	// node:net may take a reset behind bytes for an end.
	const much = await connect({port: scene.server.address.port, host: '127.0.0.1'});
	await much.send('much');
	await scene.closed();
	await t.throwsAsync(much.readAll({limit: Infinity}), {code: 'ECONNRESET'});
	const none = await dial(scene.server.address);
	none.send('none');
	t.is(await none.ended, 'end');
});

test('with resetUnlessClosed forceClose is a reset, also behind a FIN', async t => {
	const scene = await serveReactor(
		t,
		{
			onMessage(connection, buffer) {
				if (buffer.retrieveAsString() === 'after a FIN') connection.shutdown();
				connection.forceClose();
			},
		},
		{resetUnlessClosed: true},
	);
	const {address, port} = scene.server.address;
	await using first = await connect({port, host: address});
	await first.send('at once');
	await t.throwsAsync(first.read(), {instanceOf: BrokenError});
	await using second = await connect({port, host: address});
	await second.send('after a FIN');
	t.is((await second.closed).reason, 'broken');
});

test('forceCloseWithDelay ends it later, unless it has ended', async t => {
	const scene = await serveReactor(t, {
		onConnection(connection) {
			if (connection.state === 'connected') connection.forceCloseWithDelay(20);
		},
	});
	const peer = await dial(scene.server.address);
	const quick = await dial(scene.server.address);
	quick.reset();
	await peer.ended;
	await scene.closed(2);
	t.is(loop.stats.timers, 0);
	t.deepEqual(scene.infos.map(({reason}) => reason).sort(), ['broken', 'reset']);
});

test('a connection that destroys all others of its batch: each goes up and down once', async t => {
	const scene = await serveReactor(t, {
		onMessage(connection) {
			for (const other of scene.server.connections) if (other !== connection) other.forceClose();
		},
	});
	const peers = await dialMany(50, scene.server.address);
	await until('all are up', () => scene.logs.size === 50);
	for (const peer of peers) peer.send('x');
	await scene.closed(49);
	for (const peer of peers) peer.end();
	await scene.closed(50);
	await turns();
	for (const log of scene.logs.values()) {
		t.is(log.filter(word => word === 'up').length, 1);
		t.is(log.filter(word => word === 'down').length, 1);
		t.is(log.at(-1), 'close');
		t.is(log.at(-2), 'down');
	}
});

test.serial('every way of ending, from every callback: up once, down once, close last', async t => {
	const ends: ReadonlyArray<(connection: TcpConnection) => void> = [
		connection => {
			connection.shutdown();
		},
		connection => {
			connection.forceClose();
		},
		connection => {
			connection.shutdown();
			connection.forceClose();
		},
		() => {
			throw new Error('a handler threw');
		},
		connection => {
			connection.send(Buffer.alloc(MiB));
			connection.shutdown();
		},
		connection => {
			connection.stopRead();
			connection.forceClose();
		},
	];
	const places = ['onConnection', 'onMessage', 'onWriteComplete', 'onEnd'] as const;
	const before = openDescriptors();
	for (const end of ends) {
		for (const place of places) {
			const scene = await serveReactor(t, {
				[place](connection: TcpConnection) {
					if (connection.state !== 'disconnected') end(connection);
				},
				...(place === 'onWriteComplete'
					? {
							onMessage(connection: TcpConnection) {
								connection.send('something');
							},
						}
					: {}),
			});
			const peer = await dial(scene.server.address);
			peer.send('x');
			peer.end();
			await peer.ended;
			if (place !== 'onEnd' || end !== ends[0]) {
				// A callback that has ended nothing itself leaves that to the peer's reset.
				peer.destroy();
			}

			await scene.server.stop({timeout: 50});
			await scene.closed();
			await turns(3);
			const {log} = scene;
			t.is(log.filter(word => word === 'up').length, 1, `${place}: ${log.join(' ')}`);
			t.is(log.filter(word => word === 'down').length, 1, `${place}: ${log.join(' ')}`);
			t.is(log.at(-1), 'close', `${place}: ${log.join(' ')}`);
			t.is(log.at(-2), 'down', `${place}: ${log.join(' ')}`);
		}
	}

	await until('all descriptors are closed', () => openDescriptors() <= before);
});
