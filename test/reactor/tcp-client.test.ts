import {Buffer} from 'node:buffer';
import {createServer, type Server, type Socket} from 'node:net';
import {once} from 'node:events';
import test, {type ExecutionContext} from 'ava';
import {BrokenError, ClosedError, listen} from '../../src/index.js';
import {
	EventLoop,
	TcpClient,
	type TcpClientOptions,
	type TcpConnection,
	type TcpHandlers,
} from '../../src/reactor/index.js';
import {quietPort} from '../support/quiet-port.js';
import {openDescriptors, turns, until} from '../support/server-peers.js';

const loop = EventLoop.current();

interface Scene {
	readonly client: TcpClient;
	/** Words of the calls, in order. */
	readonly log: string[];
	readonly errors: unknown[];
}

function makeClient(t: ExecutionContext, options: TcpClientOptions, handlers: TcpHandlers = {}): Scene {
	const log: string[] = [];
	const errors: unknown[] = [];
	const client = new TcpClient(
		loop,
		{host: '127.0.0.1', ...options},
		{
			...handlers,
			onConnection(connection) {
				log.push(connection.state === 'connected' ? 'up' : 'down');
				handlers.onConnection?.(connection);
			},
			onError(error, connection) {
				errors.push(error);
				handlers.onError?.(error, connection);
			},
			onClose(connection, info) {
				log.push('close');
				handlers.onClose?.(connection, info);
			},
		},
	);
	t.teardown(async () => client.stop({timeout: 0}));
	return {client, log, errors};
}

async function serveNode(
	t: ExecutionContext,
	onConnection: (socket: Socket) => void,
): Promise<{port: number; server: Server}> {
	const sockets = new Set<Socket>();
	const server = createServer({allowHalfOpen: true}, socket => {
		sockets.add(socket);
		socket.on('error', () => undefined);
		onConnection(socket);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.close();
		for (const socket of sockets) socket.destroy();
	});
	return {port: (server.address() as {port: number}).port, server};
}

test('a client connects, talks and disconnects, and does not come back', async t => {
	const {port} = await serveNode(t, socket => socket.pipe(socket));
	let answer = '';
	const {client, log} = makeClient(
		t,
		{port},
		{
			onConnection(connection) {
				if (connection.state === 'connected') connection.send('hello');
			},
			onMessage(_connection, buffer) {
				answer += buffer.retrieveAsString();
				if (answer === 'hello') client.disconnect();
			},
		},
	);
	t.is(client.connection, undefined);
	client.connect();
	client.connect();
	await until('it is over', () => log.includes('close'));
	t.deepEqual(log, ['up', 'down', 'close']);
	t.is(client.connection, undefined);
	await turns();
	t.deepEqual(log, ['up', 'down', 'close']);
});

test('a client that is dropped while connected comes back, with a new connection object', async t => {
	let accepted = 0;
	const {port} = await serveNode(t, socket => {
		if (++accepted < 3) socket.resetAndDestroy();
		else socket.pipe(socket);
	});
	const connections = new Set<TcpConnection>();
	const {client, log} = makeClient(
		t,
		{port},
		{
			onConnection(connection) {
				connections.add(connection);
			},
		},
	);
	client.connect();
	await until('it stays up', () => accepted === 3 && client.connection?.state === 'connected');
	t.is(connections.size, 3);
	t.deepEqual(log, ['up', 'down', 'close', 'up', 'down', 'close', 'up']);
	await client.stop();
	t.deepEqual(log.slice(-3), ['up', 'down', 'close']);
});

test('with retry false there is one try and no reconnect', async t => {
	const port = await quietPort();
	const {client, errors} = makeClient(t, {port, retry: false});
	client.connect();
	await until('it has failed', () => errors.length === 1);
	t.true(errors[0] instanceof BrokenError);
	t.is((errors[0] as BrokenError).code, 'ECONNREFUSED');
	const node = await serveNode(t, socket => socket.end());
	const second = makeClient(t, {port: node.port, retry: false});
	second.client.connect();
	await until('it is over', () => second.log.includes('close'));
	await turns();
	t.deepEqual(second.log, ['up', 'down', 'close']);
	second.client.connect();
	await until('it is over again', () => second.log.length === 6);
});

test('a client may be started before its server', async t => {
	const port = await quietPort();
	let failures = 0;
	const {client, log} = makeClient(t, {
		port,
		retry: {
			minDelay: 2,
			maxDelay: 5,
			onRetry(error) {
				t.is(error.code, 'ECONNREFUSED');
				failures++;
			},
		},
	});
	client.connect();
	await until('it has failed a few times', () => failures >= 3);
	const server = await listen({port, host: '127.0.0.1'}, async connection => {
		await connection.readAll();
	});
	await until('it is up', () => log.includes('up'));
	await client.stop();
	await server.close();
	t.deepEqual(log, ['up', 'down', 'close']);
});

test('a client stopped in the turn of its connect event, and at every moment around it, ends without a trace', async t => {
	const {port} = await serveNode(t, socket => socket.pipe(socket));
	const before = openDescriptors();
	for (let rounds = 0; rounds < 60; rounds++) {
		const {client, log} = makeClient(t, {port});
		client.connect();
		for (let round = 0; round < rounds % 6; round++)
			await new Promise(resolve => {
				setImmediate(resolve);
			});
		await client.stop({timeout: 1000});
		t.is(client.connection, undefined);
		t.is(log.filter(word => word === 'up').length, log.filter(word => word === 'down').length);
		t.throws(
			() => {
				client.connect();
			},
			{instanceOf: ClosedError},
		);
	}

	await until('the descriptors are closed', () => openDescriptors() <= before + 60);
});

test('stop inside the up callback, and disconnect inside it', async t => {
	for (const end of ['stop', 'disconnect'] as const) {
		const {port} = await serveNode(t, socket => socket.pipe(socket));
		const {client, log} = makeClient(
			t,
			{port},
			{
				onConnection(connection) {
					if (connection.state === 'connected') void client[end]();
				},
			},
		);
		client.connect();
		await until('it is over', () => log.includes('close'));
		await turns();
		t.deepEqual(log, ['up', 'down', 'close']);
	}
});

test('stop resets a connection whose peer does not end within the timeout', async t => {
	let ended = '';
	const {port} = await serveNode(t, socket => {
		socket.on('end', () => (ended = 'end'));
		socket.resume();
	});
	const reasons: string[] = [];
	const {client, log} = makeClient(
		t,
		{port},
		{
			onClose(_connection, {reason}) {
				reasons.push(reason);
			},
		},
	);
	client.connect();
	await until('it is up', () => log.includes('up'));
	await client.stop({timeout: 50});
	await until('it is told', () => reasons.length === 1);
	t.deepEqual(reasons, ['aborted']);
	t.is(ended, 'end');
});

test('a connection that went to the coroutine face is no drop', async t => {
	const {port} = await serveNode(t, socket => socket.pipe(socket));
	const {client, log} = makeClient(t, {port});
	client.connect();
	await until('it is up', () => log.includes('up'));
	const connection = client.connection?.toAwaitable();
	await connection?.send('awaited');
	t.is((await connection?.readExactly(7))?.toString(), 'awaited');
	await until('it is told', () => log.includes('close'));
	t.is(client.connection, undefined);
	await connection?.close();
	t.deepEqual(log, ['up', 'down', 'close']);
});

test('wrong arguments are refused by the constructor', t => {
	const wrong: ReadonlyArray<[unknown, unknown, unknown, 'TypeError' | 'RangeError', string]> = [
		[{}, {port: 1}, {}, 'TypeError', 'loop'],
		[loop, {port: 0}, {}, 'RangeError', 'port'],
		[loop, {port: 1}, undefined, 'TypeError', 'handlers'],
		[loop, {port: 1}, {onEnd: 1}, 'TypeError', 'handlers.onEnd'],
		[loop, {port: 1, retry: 5}, {}, 'TypeError', 'retry'],
		[loop, {port: 1, retry: {minDelay: -1}}, {}, 'RangeError', 'retry.minDelay'],
		[loop, {port: 1, highWaterMark: 'x'}, {}, 'TypeError', 'highWaterMark'],
	];
	for (const [first, options, handlers, name, word] of wrong) {
		const error = t.throws(
			() => new TcpClient(first as EventLoop, options as TcpClientOptions, handlers as TcpHandlers),
			{name},
		);
		t.true(error.message.includes(word), error.message);
	}

	t.is(Buffer.byteLength(new TcpClient(loop, {port: 1, name: 'mine'}, {}).name), 4);
});
