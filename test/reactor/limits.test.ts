import {Buffer} from 'node:buffer';
import {BlockList} from 'node:net';
import {performance} from 'node:perf_hooks';
import {setTimeout as delay} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {connect, TimeoutError, type CloseInfo, type CoTcpConnection, type LimitName} from '../../src/index.js';
import {EventLoop, TcpClient, type TcpServerOptions} from '../../src/reactor/index.js';
import {mebibyte, moreThanFits} from '../support/bytes.js';
import {drip, endBy, isOfEnd} from '../support/limits.js';
import {dial, dialMany, serve, until} from '../support/server-peers.js';
import {reasonOf} from '../support/wait.js';
import {serveReactor, type Scene} from './support.js';

const much = Buffer.alloc(moreThanFits, 'x');
/** More than the kernel takes. */
const most = 11 * mebibyte;
const slowly = {bytes: 64 * 1024, everyMs: 20};

async function peerOf(t: ExecutionContext, {server}: Scene): Promise<CoTcpConnection> {
	const peer = await connect({host: '127.0.0.1', port: server.address.port});
	t.teardown(() => {
		peer.reset();
	});
	return peer;
}

async function infoOf(scene: Scene): Promise<CloseInfo> {
	await scene.closed();
	return scene.infos[0] as CloseInfo;
}

/** The end of the only connection, which no error is told of. */
async function isEndedBy(
	t: ExecutionContext,
	scene: Scene,
	name: LimitName,
	time: {ms: number; since: number},
): Promise<void> {
	await endBy(t, infoOf(scene), name, time);
	t.deepEqual(
		scene.log.filter(word => word !== 'message' && word !== 'high' && word !== 'written'),
		['up', 'down', 'close'],
	);
	t.deepEqual(scene.errors, []);
	t.is(scene.server.stats.ended[name], 1);
	t.is(scene.server.stats.handlerErrors, 0);
}

const sending =
	(options: Partial<TcpServerOptions>, messages: readonly Buffer[], isShut = false) =>
	async (t: ExecutionContext): Promise<Scene> =>
		serveReactor(
			t,
			{
				onConnection(connection) {
					if (connection.state !== 'connected') return;
					for (const message of messages) connection.send(message);
					if (isShut) connection.shutdown();
				},
			},
			{maxPendingBytes: Infinity, ...options},
		);

for (const isShut of [false, true]) {
	test(`a peer that takes nothing ends the connection${isShut ? ', after shutdown as well' : ''}`, async t => {
		const since = performance.now();
		const scene = await sending({stallTimeout: 300}, [much], isShut)(t);
		const peer = await peerOf(t, scene);
		await isEndedBy(t, scene, 'stallTimeout', {ms: 300, since});
		await t.throwsAsync(peer.discard(moreThanFits), {code: 'ECONNRESET'});
	});
}

test('a send that takes too long ends the connection, however steadily the peer reads', async t => {
	const since = performance.now();
	const scene = await sending({sendTimeout: 600}, [much])(t);
	const reader = drip(await peerOf(t, scene), slowly);
	await isEndedBy(t, scene, 'sendTimeout', {ms: 600, since});
	t.true((await reader.stop()) > 0);
});

test('a send has its time from when it is the first in the output buffer', async t => {
	const patient = 6000;
	const since = performance.now();
	const scene = await sending({sendTimeout: patient}, [Buffer.alloc(most), Buffer.alloc(most), Buffer.alloc(most)])(
		t,
	);
	const peer = await peerOf(t, scene);
	for (let round = 0; round < 3; round++) {
		await delay(patient * 0.36);
		await peer.discard(most);
	}

	t.true(performance.now() - since > patient);
	await until('all has gone out', () => scene.log.includes('written'));
	t.deepEqual(scene.infos, []);
	// And another one, after a rest.
	const [connection] = scene.server.connections;
	const again = performance.now();
	connection?.send(Buffer.alloc(6 * most));
	await isEndedBy(t, scene, 'sendTimeout', {ms: patient, since: again});
});

test('small sends of a batch have their time as well', async t => {
	const scene = await serveReactor(
		t,
		{
			onMessage(connection, buffer) {
				buffer.retrieveAll();
				for (let count = 0; count < 15; count++) connection.send(Buffer.alloc(4000, 'p'));
			},
		},
		{sendTimeout: 600, stallTimeout: Infinity, maxPendingBytes: Infinity},
	);
	const peer = await peerOf(t, scene);
	await until('it is up', () => scene.log.includes('up'));
	const [connection] = scene.server.connections;
	while (connection?.stats.pendingBytes === 0) {
		await peer.send('x');
		await delay(0);
	}

	await isEndedBy(t, scene, 'sendTimeout', {ms: 600, since: performance.now() - 200});
});

test('a connection on which nothing moves is ended; bytes either way begin the time anew', async t => {
	const patient = 5000;
	const scene = await serveReactor(
		t,
		{
			onMessage(connection, buffer) {
				connection.send(buffer.retrieveAll());
			},
		},
		{idleTimeout: patient},
	);
	const peer = await peerOf(t, scene);
	let last = 0;
	for (let round = 0; round < 6; round++) {
		await delay(patient / 5);
		last = performance.now();
		await peer.send('x');
		await peer.readExactly(1);
	}

	t.deepEqual(scene.infos, []);
	await isEndedBy(t, scene, 'idleTimeout', {ms: patient, since: last});
});

test('a client has the limits too', async t => {
	const server = await serve(t, async connection => {
		await connection.closed;
	});
	const ends = await Promise.all(
		(['stallTimeout', 'sendTimeout', 'idleTimeout'] as const).map(
			async name =>
				new Promise<string>(resolve => {
					const client = new TcpClient(
						EventLoop.current(),
						{port: server.address.port, host: '127.0.0.1', retry: false, [name]: 300},
						{
							onConnection(connection) {
								if (connection.state === 'connected' && name !== 'idleTimeout') connection.send(much);
							},
							onError: () => t.fail(),
							onClose(_connection, {reason}) {
								resolve(reason);
							},
						},
					);
					client.connect();
					t.teardown(async () => client.stop({timeout: 0}));
				}),
		),
	);
	t.deepEqual(ends, ['stallTimeout', 'sendTimeout', 'idleTimeout']);
});

test('limits go along to the other face', async t => {
	for (const name of ['stallTimeout', 'sendTimeout', 'idleTimeout'] as const) {
		const ms = 600;
		const since = performance.now();
		const scene = await sending({[name]: ms}, name === 'idleTimeout' ? [] : [Buffer.alloc(8 * mebibyte)])(t);
		await peerOf(t, scene);
		await until('it is up', () => scene.log.includes('up'));
		await delay(ms / 3);
		const [connection] = scene.server.connections;
		if (connection === undefined) return t.fail();
		const awaitable = connection.toAwaitable();
		const reading = reasonOf(awaitable.read());
		const error = await endBy(t, awaitable.closed, name, {ms, since});
		isOfEnd(t, await reading, error);
		t.true((await reasonOf(awaitable.send('x'))) instanceof TimeoutError);
	}
});

test('peers are refused by address and by list', async t => {
	const list = new BlockList();
	list.addAddress('127.0.0.2');
	const scene = await serveReactor(t, {}, {maxConnectionsPerAddress: 2, blockList: list});
	const peers = await dialMany(5, scene.server.address);
	const resets: string[] = [];
	for (const peer of peers) void peer.ended.then(end => resets.push(end));
	await until('the rest is reset', () => resets.length === 3);
	const blocked = await connect({host: '127.0.0.1', port: scene.server.address.port, localAddress: '127.0.0.2'});
	await t.throwsAsync(blocked.read(), {code: 'ECONNRESET'});
	t.deepEqual(scene.server.stats.refused, {maxConnections: 0, maxConnectionsPerAddress: 3, blockList: 1});
	for (const peer of peers) peer.end();
	await scene.closed(2);
	await dial(scene.server.address);
	await until('the slot is used again', () => scene.logs.size === 3);
	t.is(scene.server.stats.accepted, 3);
});

test('what a list throws goes to onError, and the peer is refused', async t => {
	const list = {
		check() {
			throw new Error('the list is broken');
		},
	};
	const scene = await serveReactor(t, {}, {blockList: list as unknown as BlockList});
	const peer = await dial(scene.server.address);
	t.is(await peer.ended, 'ECONNRESET');
	t.deepEqual(scene.errors, [new Error('the list is broken')]);
	t.is(scene.server.stats.refused.blockList, 1);
});

test("with overload 'pause' peers that are refused use up no room", async t => {
	const scene = await serveReactor(t, {}, {maxConnections: 2, maxConnectionsPerAddress: 1});
	const peers = await dialMany(6, scene.server.address);
	const resets: string[] = [];
	for (const peer of peers) void peer.ended.then(end => resets.push(end));
	await until('the rest is reset', () => resets.length === 5);
	const other = await connect({host: '127.0.0.1', port: scene.server.address.port, localAddress: '127.0.0.2'});
	await until('the room is used', () => scene.logs.size === 2);
	t.is(scene.server.stats.refused.maxConnectionsPerAddress, 5);
	other.reset();
});
