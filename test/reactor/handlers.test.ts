import {AsyncLocalStorage} from 'node:async_hooks';
import test from 'ava';
import {EventLoop, TcpServer} from '../../src/reactor/index.js';
import {dial, dialMany, turns, until} from '../support/server-peers.js';
import {serveReactor} from './support.js';

const loop = EventLoop.current();

test('a handler that throws resets its connection and goes to onError, and the others of the batch are served', async t => {
	const scene = await serveReactor(t, {
		onMessage(connection, buffer) {
			const text = buffer.retrieveAsString();
			if (text === 'bad') throw new Error('bad message');
			connection.send(text);
		},
	});
	const peers = await dialMany(40, scene.server.address);
	await until('all are up', () => scene.logs.size === 40);
	for (const [number, peer] of peers.entries()) peer.send(number % 4 === 0 ? 'bad' : 'good');
	for (const [number, peer] of peers.entries()) {
		if (number % 4 === 0) t.is(await peer.ended, 'ECONNRESET');
		else t.is((await peer.received(4)).toString(), 'good');
	}

	await scene.closed(10);
	t.is(scene.errors.length, 10);
	t.is(scene.server.stats.handlerErrors, 10);
	t.is(scene.server.stats.ended.error, 10);
	const log = [...scene.logs.values()].find(words => words.includes('error'));
	t.deepEqual(log, ['up', 'message', 'error', 'down', 'close']);
});

test('an async handler that rejects does the same', async t => {
	const scene = await serveReactor(t, {
		// eslint-disable-next-line @typescript-eslint/no-misused-promises -- what this test is about
		async onMessage() {
			await Promise.resolve();
			throw new Error('later');
		},
	});
	const peer = await dial(scene.server.address);
	peer.send('x');
	t.is(await peer.ended, 'ECONNRESET');
	await scene.closed();
	t.is((scene.errors[0] as Error).message, 'later');
	t.is(scene.infos[0]?.reason, 'error');
});

test('a handler that throws what cannot be asked for its class does the same', async t => {
	const {proxy, revoke} = Proxy.revocable({}, {});
	revoke();
	const scene = await serveReactor(t, {
		onMessage() {
			throw proxy as Error;
		},
	});
	const peer = await dial(scene.server.address);
	peer.send('x');
	t.is(await peer.ended, 'ECONNRESET');
	await scene.closed();
	t.is(scene.errors.length, 1);
	t.true(scene.errors[0] === proxy);
	t.is(scene.infos[0]?.reason, 'error');
});

test('what onConnection (down) and onClose throw goes to onError, and nothing else suffers', async t => {
	const scene = await serveReactor(t, {
		onConnection(connection) {
			if (connection.state === 'disconnected') throw new Error('down');
		},
		onClose() {
			throw new Error('close');
		},
	});
	const peer = await dial(scene.server.address);
	peer.end();
	await scene.closed();
	await turns(3);
	t.deepEqual(
		scene.errors.map(error => (error as Error).message),
		['down', 'close'],
	);
	t.is(scene.infos[0]?.reason, 'closed');
});

test("handlers run in the async context of the server's construction", async t => {
	const storage = new AsyncLocalStorage<string>();
	const seen: unknown[] = [];
	const note = (): void => {
		seen.push(storage.getStore());
	};
	const server = storage.run(
		'mine',
		() =>
			new TcpServer(
				loop,
				{port: 0, host: '127.0.0.1'},
				{
					onConnection: note,
					onMessage(connection, buffer) {
						note();
						connection.send(buffer.retrieveAll());
					},
					onWriteComplete: note,
					onClose: note,
				},
			),
	);
	await storage.run('other', async () => server.start());
	const peer = await dial(server.address);
	peer.send('x');
	await peer.received(1);
	await until('it is told', () => seen.length === 3);
	peer.end();
	await peer.ended;
	await server.stop();
	t.deepEqual(seen, ['mine', 'mine', 'mine', 'mine', 'mine']);
});

test('a context is disposed once, after onClose', async t => {
	const told: string[] = [];
	const scene = await serveReactor(t, {
		onConnection(connection) {
			if (connection.state === 'connected') {
				connection.setContext({
					[Symbol.dispose]() {
						told.push('disposed');
					},
				});
			} else t.truthy(connection.getContext());
		},
		onClose() {
			told.push('close');
		},
	});
	const peer = await dial(scene.server.address);
	peer.end();
	await scene.closed();
	await until('it is disposed', () => told.length === 2);
	t.deepEqual(told, ['close', 'disposed']);
});
