import {AsyncLocalStorage} from 'node:async_hooks';
import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {BrokenError, ClosedError, connect, LimitError, ResourceError} from '../../src/index.js';
import {
	EventLoop,
	TcpServer,
	type TcpConnection,
	type TcpHandlers,
	type TcpServerOptions,
} from '../../src/reactor/index.js';
import {dial, dialMany, openDescriptors, turns, until} from '../support/server-peers.js';
import {serveReactor} from './support.js';

const loop = EventLoop.current();
const MiB = 1024 * 1024;

// order and number of callbacks, in every order of closing

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

// sending

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

// reading

test('stopRead holds back messages and the end, and closes the window; startRead goes on', async t => {
	const scene = await serveReactor(t, {
		onConnection(connection) {
			if (connection.state === 'connected') connection.stopRead();
		},
	});
	const peer = await dial(scene.server.address);
	await until('it is up', () => scene.log.includes('up'));
	peer.send(Buffer.alloc(32 * MiB));
	peer.end();
	await turns();
	t.deepEqual(scene.log, ['up']);
	t.true(peer.socket.writableLength > 0);
	const [connection] = scene.server.connections;
	connection?.startRead();
	await scene.closed();
	t.is(scene.infos[0]?.bytesRead, 32 * MiB);
	t.deepEqual(scene.log.slice(-3), ['end', 'down', 'close']);
});

test('unread bytes stay in the buffer, also over turns, and are there when it goes down', async t => {
	let rest = '';
	const scene = await serveReactor(t, {
		onMessage(_connection, buffer) {
			while (buffer.findCRLF() >= 0) {
				t.is(buffer.retrieveAsString(buffer.findCRLF()), 'line');
				buffer.retrieve(2);
			}

			rest = buffer.peek().toString();
		},
	});
	const peer = await dial(scene.server.address);
	for (const piece of ['li', 'ne\r', '\nline\r\nunfin', 'ished']) {
		peer.send(piece);
		const messages = scene.log.length;
		await until('it has come', () => scene.log.length > messages);
	}

	t.is(rest, 'unfinished');
	peer.end();
	await scene.closed();
});

test('receiveTime is when the loop woke up: not after now, and the same for all of a batch', async t => {
	const times: number[] = [];
	const scene = await serveReactor(t, {
		onMessage(_connection, buffer, receiveTime) {
			buffer.retrieveAll();
			times.push(receiveTime);
			t.true(receiveTime <= loop.now() && receiveTime > loop.now() - 10_000);
		},
	});
	const peers = await dialMany(20, scene.server.address);
	await until('all are up', () => scene.logs.size === 20);
	for (const peer of peers) peer.send('x');
	await until('all have come', () => times.length === 20);
	t.true(new Set(times).size < 20);
});

// handlers

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

// the server

test('stop shuts every connection down, and resets what is left when the time is over', async t => {
	const scene = await serveReactor(t, {onEnd() {}});
	const polite = await dial(scene.server.address);
	const stubborn = await dial(scene.server.address, {allowHalfOpen: true});
	await until('both are up', () => scene.logs.size === 2);
	const [first, second] = await Promise.all([scene.server.stop({timeout: 1500}), scene.server.stop()]);
	t.deepEqual(first, {drained: 1, aborted: 1});
	t.is(first, second);
	t.is(await polite.ended, 'end');
	t.is(await stubborn.ended, 'end');
	t.deepEqual(scene.infos.map(({reason}) => reason).sort(), ['aborted', 'closed']);
	await t.throwsAsync(scene.server.start(), {instanceOf: ClosedError});
	t.truthy(scene.server.address);
	t.is(scene.server.stats.open, 0);
});

test('start resolves once, is idempotent, and tells what is wrong', async t => {
	const server = new TcpServer(loop, {port: 0, host: '127.0.0.1'});
	t.throws(() => server.address, {instanceOf: ClosedError});
	await Promise.all([server.start(), server.start()]);
	const {port} = server.address;
	const second = new TcpServer(loop, {port, host: '127.0.0.1'});
	await t.throwsAsync(second.start(), {instanceOf: ResourceError, code: 'EADDRINUSE'});
	await server[Symbol.asyncDispose]();
	const unstarted = new TcpServer(loop, {port: 0});
	t.deepEqual(await unstarted.stop(), {drained: 0, aborted: 0});
});

test('at maxConnections newcomers wait, or are reset, as told', async t => {
	const pausing = await serveReactor(t, {}, {maxConnections: 2});
	const [first] = await dialMany(3, pausing.server.address);
	await until('two are up', () => pausing.logs.size === 2);
	await turns();
	t.is(pausing.logs.size, 2);
	first?.end();
	await until('the third is up', () => pausing.logs.size === 3);
	const resetting = await serveReactor(t, {}, {maxConnections: 1, overload: 'reset'});
	await dial(resetting.server.address);
	await until('it is up', () => resetting.logs.size === 1);
	const refused = await dial(resetting.server.address);
	t.is(await refused.ended, 'ECONNRESET');
	t.is(resetting.server.stats.refused.maxConnections, 1);
});

test('a unix socket serves as well', async t => {
	const path = join(tmpdir(), `cotcp-reactor-${process.pid}`);
	const scene = await serveReactor(
		t,
		{
			onMessage(connection, buffer) {
				connection.setTcpNoDelay(false);
				connection.send(buffer.retrieveAll());
			},
		},
		{path},
	);
	const peer = await dial(scene.server.address);
	peer.send('hello');
	t.is((await peer.received(5)).toString(), 'hello');
	const [connection] = scene.server.connections;
	t.is(connection?.info(), null);
	t.is(connection?.remoteAddress.family, 'unix');
});

// both faces

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

// wrong arguments

test('the constructor refuses wrong arguments, naming them, and does nothing', t => {
	const before = openDescriptors();
	const wrong: ReadonlyArray<[unknown, unknown, unknown, 'TypeError' | 'RangeError', string]> = [
		[undefined, {port: 0}, {}, 'TypeError', 'loop'],
		[{}, {port: 0}, {}, 'TypeError', 'loop'],
		[loop, undefined, {}, 'TypeError', 'options'],
		[loop, {}, {}, 'TypeError', 'port'],
		[loop, {port: -1}, {}, 'RangeError', 'port'],
		[loop, {port: '80'}, {}, 'TypeError', 'port'],
		[loop, {port: 0, highWaterMark: 0}, {}, 'RangeError', 'highWaterMark'],
		[loop, {port: 0, highWaterMark: 3 * MiB}, {}, 'RangeError', 'highWaterMark'],
		[loop, {port: 0, highWaterMark: Number.NaN}, {}, 'RangeError', 'highWaterMark'],
		[loop, {port: 0, maxPendingBytes: 0}, {}, 'RangeError', 'maxPendingBytes'],
		[loop, {port: 0}, 5, 'TypeError', 'handlers'],
		[loop, {port: 0}, {onMessage: 'x'}, 'TypeError', 'handlers.onMessage'],
		[loop, {port: 0}, {onClose: null}, 'TypeError', 'handlers.onClose'],
	];
	for (const [first, options, handlers, name, word] of wrong) {
		const error = t.throws(
			() => new TcpServer(first as EventLoop, options as TcpServerOptions, handlers as TcpHandlers),
			{name},
		);
		t.true(error.message.includes(word), error.message);
	}

	t.is(openDescriptors(), before);
});

test('calls of a connection refuse wrong arguments and leave it as it was', async t => {
	const scene = await serveReactor(t);
	const peer = await dial(scene.server.address);
	await until('it is up', () => scene.log.includes('up'));
	const [connection] = scene.server.connections;
	if (connection === undefined) return t.fail();
	for (const data of [5, null, undefined, {}, new ArrayBuffer(4), new Uint16Array(4), [5]] as unknown[])
		t.throws(
			() => {
				connection.send(data as string);
			},
			{instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE'},
		);
	t.throws(
		() => {
			connection.forceCloseWithDelay(-1);
		},
		{instanceOf: RangeError},
	);
	t.throws(
		() => {
			connection.setTcpNoDelay(1 as unknown as boolean);
		},
		{instanceOf: TypeError},
	);
	await t.throwsAsync(scene.server.stop({timeout: -1}), {instanceOf: RangeError});
	connection.send('');
	connection.send([]);
	connection.send('fine');
	t.is((await peer.received(4)).toString(), 'fine');
});
