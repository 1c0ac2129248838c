import {Buffer} from 'node:buffer';
import test from 'ava';
import {ClosedError} from '../../src/index.js';
import type {TcpConnection} from '../../src/reactor/index.js';
import {runChild} from '../support/child.js';
import {dial, until} from '../support/server-peers.js';
import {serveReactor} from './support.js';

const MiB = 1024 * 1024;
const reactor = new URL('../../src/reactor/index.ts', import.meta.url).href;

test('a connection changes its face with unread input, pending output and context, and nothing is lost', async t => {
	const scene = await serveReactor(t, {onMessage() {}});
	const peer = await dial(scene.server.address, {allowHalfOpen: true});
	peer.socket.pause();
	peer.send('unread ');
	await until('it has come', () => scene.log.includes('message'));
	const [connection] = scene.server.connections as ReadonlySet<TcpConnection<string>>;
	if (connection === undefined) return t.fail();
	connection.setContext('context');
	connection.send(Buffer.alloc(4 * MiB, 'p'));
	const {id, name} = connection;
	const awaitable = connection.toAwaitable();
	t.is(awaitable.id, id);
	t.is(awaitable.name, name);
	t.is(awaitable.getContext(), 'context');
	t.is(connection.state, 'disconnected');
	t.throws(() => connection.toAwaitable(), {instanceOf: ClosedError});
	t.throws(
		() => {
			connection.send('x');
		},
		{instanceOf: ClosedError},
	);
	await scene.closed();
	t.deepEqual(scene.log, ['up', 'message', 'down', 'close']);
	t.is(scene.infos[0]?.reason, 'detached');
	t.is(scene.server.connections.size, 0);
	t.is(scene.server.stats.ended.detached, 1);
	peer.send('and more');
	peer.end();
	t.is((await awaitable.readAll()).toString(), 'unread and more');
	peer.socket.resume();
	await awaitable.send('the last');
	await awaitable.close();
	t.is(await peer.ended, 'end');
	t.is(peer.length, 4 * MiB + 8);
	t.is(peer.bytes.subarray(-8).toString(), 'the last');
});

test('a connection that does not keep the process alive does not in its other face either', async t => {
	const program = (unref: string): string => `
		const {EventLoop, TcpServer, TcpClient} = await import(${JSON.stringify(reactor)});
		const loop = EventLoop.current();
		const server = new TcpServer(loop, {port: 0, host: '127.0.0.1'}, {onConnection: connection => { connection.unref(); }, onEnd() {}});
		await server.start();
		server.unref();
		new TcpClient(loop, {port: server.address.port, host: '127.0.0.1'}, {
			onConnection(connection) {
				if (connection.state !== 'connected') return;
				${unref}
				globalThis.awaited = connection.toAwaitable();
				setTimeout(() => { console.log('held'); process.exit(); }, 300).unref();
			},
		}).connect();
	`;
	t.is((await runChild(program(''))).stdout, 'held\n');
	t.is((await runChild(program('connection.unref();'))).stdout, '');
});
