import {BlockList} from 'node:net';
import test from 'ava';
import {connect, TimeoutError, type CoTcpConnection} from '../../src/index.js';
import {dial, dialMany, serve, turns, until} from '../support/server-peers.js';
import {placeFor} from '../support/pairs.js';

const stay = async (connection: CoTcpConnection): Promise<void> => {
	await connection.readAll();
};
const blockLoopback = (): BlockList => {
	const list = new BlockList();
	list.addSubnet('127.0.0.0', 8);
	return list;
};

test('more than maxConnectionsPerAddress from one address are reset and counted; a slot is free again when one ends', async t => {
	const server = await serve(t, stay, {maxConnectionsPerAddress: 3});
	for (let round = 1; round <= 3; round++) {
		const peers = await dialMany(10, server.address);
		const resets: string[] = [];
		for (const peer of peers) void peer.ended.then(end => resets.push(end));
		await until('the rest is reset', () => resets.length === 7);
		t.deepEqual(new Set(resets), new Set(['ECONNRESET']));
		t.is(server.stats.open, 3);
		t.is(server.stats.accepted, 3 * round);
		t.deepEqual(server.stats.refused, {maxConnections: 0, maxConnectionsPerAddress: 7 * round, blockList: 0});
		for (const peer of peers) peer.end();
		await until('all have ended', () => server.stats.open === 0);
	}
});

test('addresses are counted each by itself', async t => {
	const server = await serve(t, stay, {maxConnectionsPerAddress: 1});
	const {port} = server.address;
	const peers = await Promise.all(
		['127.0.0.1', '127.0.0.2', '127.0.0.3'].map(async localAddress =>
			connect({host: '127.0.0.1', port, localAddress}),
		),
	);
	await until('all are there', () => server.stats.open === 3);
	const second = await dial(server.address);
	t.is(await second.ended, 'ECONNRESET');
	t.is(server.stats.refused.maxConnectionsPerAddress, 1);
	for (const peer of peers) peer.reset();
});

test('an IPv4-mapped address is the IPv4 address', async t => {
	const list = new BlockList();
	list.addAddress('127.0.0.2');
	const server = await serve(t, stay, {host: '::', maxConnectionsPerAddress: 1, blockList: list});
	const {port} = server.address;
	await dial(port);
	await until('it is there', () => server.stats.open === 1);
	const [connection] = server.connections;
	t.is(connection?.remoteAddress.address, '127.0.0.1');
	t.is(await (await dial(port)).ended, 'ECONNRESET');
	const blocked = await connect({host: '127.0.0.1', port, localAddress: '127.0.0.2'});
	await t.throwsAsync(blocked.read());
	t.deepEqual(server.stats.refused, {maxConnections: 0, maxConnectionsPerAddress: 1, blockList: 1});
	const six = await connect({host: '::1', port});
	await until('the IPv6 peer is there', () => server.stats.open === 2);
	six.reset();
});

test('peers in blockList are reset and counted, and the list may change', async t => {
	const list = new BlockList();
	const server = await serve(t, stay, {blockList: list});
	const first = await dial(server.address);
	await until('it is there', () => server.stats.open === 1);
	list.addAddress('127.0.0.1');
	t.is(await (await dial(server.address)).ended, 'ECONNRESET');
	t.deepEqual(server.stats.refused, {maxConnections: 0, maxConnectionsPerAddress: 0, blockList: 1});
	t.is(server.stats.accepted, 1);
	first.end();
	t.is(await first.ended, 'end');
});

test('IPv6 peers are in it as well', async t => {
	const list = new BlockList();
	list.addSubnet('::1', 128, 'ipv6');
	const server = await serve(t, stay, {host: '::1', blockList: list});
	t.is(await (await dial(server.address)).ended, 'ECONNRESET');
	t.is(server.stats.refused.blockList, 1);
});

test('blockList is asked first, then the address, then maxConnections', async t => {
	const list = new BlockList();
	list.addAddress('127.0.0.9');
	const server = await serve(t, stay, {
		blockList: list,
		maxConnectionsPerAddress: 1,
		maxConnections: 1,
		overload: 'reset',
	});
	const {port} = server.address;
	await dial(port);
	await until('it is there', () => server.stats.open === 1);
	const refusals: string[] = [];
	for (const localAddress of ['127.0.0.9', '127.0.0.1', '127.0.0.2']) {
		const peer = await connect({host: '127.0.0.1', port, localAddress});
		await t.throwsAsync(peer.read());
		refusals.push(JSON.stringify(server.stats.refused));
	}

	t.deepEqual(
		refusals.map(text => JSON.parse(text) as unknown),
		[
			{blockList: 1, maxConnectionsPerAddress: 0, maxConnections: 0},
			{blockList: 1, maxConnectionsPerAddress: 1, maxConnections: 0},
			{blockList: 1, maxConnectionsPerAddress: 1, maxConnections: 1},
		],
	);
});

test("with overload 'pause' peers that are refused use up no room", async t => {
	const server = await serve(t, stay, {maxConnections: 5, maxConnectionsPerAddress: 2});
	const {port} = server.address;
	const peers = await dialMany(20, port);
	const resets: string[] = [];
	for (const peer of peers) void peer.ended.then(end => resets.push(end));
	await until('the rest is reset', () => resets.length === 18);
	const others = await Promise.all(
		['127.0.0.2', '127.0.0.3', '127.0.0.4'].map(async localAddress =>
			connect({host: '127.0.0.1', port, localAddress}),
		),
	);
	await until('the room is used', () => server.stats.open === 5);
	const waiting = await connect({host: '127.0.0.1', port, localAddress: '127.0.0.5'});
	await turns();
	t.is(server.stats.open, 5);
	others[0]?.reset();
	await until('the last is taken', () => server.stats.accepted === 6);
	for (const peer of [...others, waiting]) peer.reset();
});

test('a peer that is refused does not use up what accept() waits for', async t => {
	const list = blockLoopback();
	const server = await serve(t, undefined, {host: '::', blockList: list});
	const {port} = server.address;
	const waiting = server.accept();
	for (let round = 0; round < 3; round++) t.is(await (await dial(port)).ended, 'ECONNRESET');
	const welcome = await connect({host: '::1', port});
	t.is((await waiting)?.remoteAddress.address, '::1');
	t.is(server.stats.refused.blockList, 3);
	t.is(server.stats.accepted, 1);
	// In the backlog until somebody waits.
	const later = await dialMany(3, port);
	await turns();
	t.is(server.stats.refused.blockList, 3);
	t.true(later.every(peer => !peer.socket.destroyed));
	welcome.reset();
});

test('who cannot wait gets the first that is not refused, or nobody', async t => {
	const server = await serve(t, undefined, {host: '::', blockList: blockLoopback()});
	const {port} = server.address;
	await dialMany(3, port);
	await t.throwsAsync(server.accept({timeout: 0}), {instanceOf: TimeoutError});
	t.is(server.stats.refused.blockList, 3);
	await dialMany(2, port);
	const welcome = await connect({host: '::1', port});
	const taken = await server.accept({timeout: 0});
	t.is(taken?.remoteAddress.address, '::1');
	t.is(server.stats.refused.blockList, 5);
	welcome.reset();
});

test('unix sockets have no addresses to refuse', async t => {
	const {path} = (await placeFor(t, 'unix path')) as {path: string};
	const blockList = blockLoopback();
	const server = await serve(t, stay, {path, blockList, maxConnectionsPerAddress: 1});
	const peers = await Promise.all([connect({path}), connect({path})]);
	await until('both are there', () => server.stats.open === 2);
	t.is(server.stats.refused.maxConnectionsPerAddress, 0);
	for (const peer of peers) peer.reset();
});

test('a list of somebody else will do, and one that throws lets nobody in', async t => {
	const asked: unknown[] = [];
	const list = {
		check(...values: unknown[]) {
			asked.push(values);
			if (asked.length === 2) throw new Error('the list is broken');
			return false;
		},
	};
	const errors: unknown[] = [];
	const server = await serve(t, undefined, {
		blockList: list as unknown as BlockList,
		onError: (...values) => errors.push(values),
	});
	await dial(server.address);
	const first = await server.accept({timeout: 0}).catch(() => server.accept());
	t.deepEqual(asked[0], ['127.0.0.1', 'ipv4']);
	const second = await dial(server.address);
	// Nobody else waits.
	await t.throwsAsync(server.accept({timeout: 0}), {instanceOf: TimeoutError});
	t.is(await second.ended, 'ECONNRESET');
	t.deepEqual(errors, [[new Error('the list is broken'), undefined]]);
	t.is(server.stats.refused.blockList, 1);
	first?.reset();
});

test('a list that throws while a handler takes the connections ends nothing else', async t => {
	let asked = 0;
	const list = {
		check() {
			if (++asked % 2 === 1) throw new Error('the list is broken');
			return false;
		},
	};
	const errors: unknown[] = [];
	const server = await serve(t, stay, {
		blockList: list as unknown as BlockList,
		onError: error => errors.push(error),
	});
	const peers = [await dial(server.address), await dial(server.address)];
	t.is(await peers[0]?.ended, 'ECONNRESET');
	await until('the other one is in', () => server.stats.open === 1);
	t.deepEqual(errors, [new Error('the list is broken')]);
	t.is(server.stats.refused.blockList, 1);
});
