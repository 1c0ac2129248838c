import test, {type ExecutionContext} from 'ava';
import {ClosedError, connect, RemoteConnection, type CoTcpConnection} from '../../src/index.js';
import {
	EventLoop,
	TcpServer,
	type TcpConnection,
	type TcpHandlers,
	type TcpServerOptions,
} from '../../src/reactor/index.js';
import {checkDescriptors} from '../support/descriptors.js';
import {reasonOf, turns, until, within} from '../support/wait.js';

checkDescriptors(test);

interface Scene {
	readonly connection: TcpConnection;
	readonly peer: CoTcpConnection;
	readonly remote: RemoteConnection;
}

/** One connection of a reactor server, and its peer. */
async function scene(
	t: ExecutionContext,
	handlers: TcpHandlers = {},
	options: Partial<TcpServerOptions> = {},
): Promise<Scene> {
	let connection: TcpConnection | undefined;
	const server = new TcpServer(
		EventLoop.current(),
		{port: 0, host: '127.0.0.1', ...options},
		{
			...handlers,
			onConnection(one) {
				connection ??= one;
				return handlers.onConnection?.(one);
			},
		},
	);
	await server.start();
	t.teardown(async () => server.stop({timeout: 0}));
	const peer = await connect({host: '127.0.0.1', port: server.address.port});
	t.teardown(async () => {
		peer.reset();
		await peer.closed;
	});
	await until(() => connection !== undefined, 'the connection');
	const owned = connection as unknown as TcpConnection;
	return {connection: owned, peer, remote: RemoteConnection.from(owned.remote())};
}

async function isPending(call: Promise<unknown>): Promise<boolean> {
	let settled = false;
	const note = (): void => {
		settled = true;
	};
	call.then(note, note);
	await turns(20);
	return !settled;
}

/** More than the kernel takes. */
const much = Buffer.alloc(32 * 1024 * 1024, 'x');

test('messages go into the output buffer in order, between those of the loop itself', async t => {
	const {connection, peer, remote} = await scene(t, {}, {maxPendingBytes: 64_000_000});
	const calls: Array<Promise<void>> = [];
	for (let i = 0; i < 100; i++) {
		calls.push(remote.send(Buffer.alloc(50_000, 'r')));
		connection.send(Buffer.alloc(50_000, 'l'));
		if (i % 10 === 0) await turns(1);
	}

	const runs = {l: 0, r: 0};
	for (let i = 0; i < 200; i++) {
		const message = await peer.readExactly(50_000);
		const first = String.fromCharCode(message[0] as number) as 'l' | 'r';
		t.true(message.equals(Buffer.alloc(50_000, first)));
		runs[first]++;
	}

	t.deepEqual(runs, {l: 100, r: 100});
	await Promise.all(calls);
});

test('where maxPendingBytes is queued, senders wait until the kernel has taken it, and nothing ends', async t => {
	const limits = {maxPendingBytes: 40_000_000, highWaterMark: 1_000_000};
	const {connection, peer, remote} = await scene(t, {}, limits);
	connection.send(much);
	const fits = remote.send(Buffer.alloc(1_000_000, 'y'));
	await within(fits, 'the one that fits');
	const large = remote.send(Buffer.alloc(20_000_000, 'z'));
	const behind = remote.send('end');
	t.true(await isPending(large));
	t.is(connection.state, 'connected');
	const all = peer.readExactly(much.length + 21_000_003);
	await Promise.all([large, behind]);
	t.is((await all).subarray(-4).toString(), 'zend');
});

test('shutdown and reset from outside are told as if the loop had asked for them', async t => {
	const words: string[] = [];
	const handlers: TcpHandlers = {
		onClose(_connection, {reason}) {
			words.push(reason);
		},
	};
	const first = await scene(t, handlers);
	const {closed} = first.remote;
	await first.remote.send('x');
	await first.remote.shutdown();
	t.is((await first.peer.readAll()).toString(), 'x');
	t.is(first.connection.state, 'disconnecting');
	t.true((await reasonOf(first.remote.send('y'))) instanceof ClosedError);
	await first.remote.shutdown();
	await first.peer.close();
	t.like(await within(closed, 'the end'), {reason: 'closed', bytesWritten: 1});

	const second = await scene(t, handlers);
	second.connection.send(much);
	second.remote.reset();
	t.like(await within(second.remote.closed, 'the end'), {reason: 'reset'});
	t.true((await reasonOf(second.remote.send('y'))) instanceof ClosedError);
	await until(() => words.length === 2, 'both ends');
	t.deepEqual(words, ['closed', 'reset']);
});

test('a connection that ends while senders wait: they get ClosedError, and closed tells', async t => {
	const {connection, peer, remote} = await scene(t, {}, {maxPendingBytes: 40_000_000});
	connection.send(much);
	const waiting = reasonOf(remote.send(Buffer.alloc(20_000_000)));
	await turns(5);
	peer.reset();
	t.true((await waiting) instanceof ClosedError);
	t.like(await within(remote.closed, 'the end'), {reason: 'broken'});
	t.like(await RemoteConnection.from(connection.remote()).closed, {reason: 'broken'});
});

test('toAwaitable: the token stays good, what waits goes on, and closed tells of the real end', async t => {
	const {connection, peer, remote} = await scene(t, {}, {maxPendingBytes: 40_000_000});
	const {closed} = remote;
	connection.send(much);
	const waiting = remote.send(Buffer.alloc(20_000_000, 'z'));
	await turns(5);
	const awaitable = connection.toAwaitable();
	const after = remote.send('after');
	t.deepEqual(awaitable.remote(), connection.remote());
	const all = await peer.readExactly(much.length + 20_000_005);
	t.is(all.subarray(-6).toString(), 'zafter');
	await Promise.all([waiting, after]);
	t.true(await isPending(closed));
	awaitable.reset();
	t.like(await within(closed, 'the end'), {reason: 'reset'});
	t.like(await RemoteConnection.from(connection.remote()).closed, {reason: 'reset'});
});
