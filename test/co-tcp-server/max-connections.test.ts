import test from 'ava';
import {TimeoutError, type CoTcpConnection} from '../../src/index.js';
import {dial, dialMany, serve, turns, until, type PeerEnd} from '../support/server-peers.js';

const most = 10;

test('with maxConnections exactly so many are live, the others wait, and every slot is used again', async t => {
	const live: CoTcpConnection[] = [];
	const sizes: number[] = [];
	const server = await serve(
		t,
		async connection => {
			live.push(connection);
			sizes.push(server.connections.size);
			await connection.read();
		},
		{maxConnections: most},
	);
	const peers = await dialMany(50, server.address);
	for (let ended = 0; ended < 50; ended++) {
		const expected = Math.min(50, ended + most);
		await until('the free slot is used', () => server.stats.accepted >= expected);
		await turns(2);
		t.is(server.stats.accepted, expected);
		t.is(server.stats.open, expected - ended);
		peers.find(peer => peer.socket.localPort === live[ended]?.remoteAddress.port)?.end();
		await live[ended]?.closed;
	}

	t.true(Math.max(...sizes) <= most);
	t.is(server.stats.accepted, 50);
	t.is(server.stats.refused.maxConnections, 0);
	t.is(server.stats.ended.closed, 50);
});

test('with maxConnections 1 peers are served one after the other', async t => {
	let running = 0;
	const server = await serve(
		t,
		async connection => {
			running++;
			t.is(running, 1);
			await turns(1);
			await connection.send('served');
			running--;
		},
		{maxConnections: 1},
	);
	const peers = await dialMany(30, server.address);
	const ends = await Promise.all(peers.map(peer => peer.ended));
	t.deepEqual(new Set(ends), new Set(['end']));
	t.true(peers.every(peer => peer.bytes.toString() === 'served'));
});

test("with overload 'reset' newcomers are reset and counted, and a slot that is free is used again", async t => {
	const server = await serve(
		t,
		async connection => {
			await connection.read();
		},
		{maxConnections: most, overload: 'reset'},
	);
	for (let round = 1; round <= 3; round++) {
		const peers = await dialMany(50, server.address);
		const ends: PeerEnd[] = [];
		for (const peer of peers) void peer.ended.then(end => ends.push(end));
		await until('the rest is reset', () => ends.length === 40);
		t.deepEqual(new Set(ends), new Set(['ECONNRESET']));
		t.is(server.stats.open, most);
		t.is(server.stats.refused.maxConnections, 40 * round);
		t.is(server.stats.accepted, most * round);
		for (const peer of peers) peer.end();
		await until('all have ended', () => server.stats.open === 0);
	}
});

test('accept respects maxConnections', async t => {
	const server = await serve(t, undefined, {maxConnections: 2});
	await dialMany(3, server.address);
	const first = await server.accept();
	await server.accept();
	await t.throwsAsync(server.accept({timeout: 0}), {instanceOf: TimeoutError});
	const waiting = server.accept();
	await turns();
	t.is(server.stats.accepted, 2);
	first?.reset();
	t.truthy(await waiting);
	t.is(server.stats.accepted, 3);
});

test('a slot becomes free at the end of the connection, not when the close begins', async t => {
	const server = await serve(t, connection => void connection.close(), {maxConnections: 1, closeTimeout: 60_000});
	const stays = await dial(server.address, {allowHalfOpen: true});
	t.is(await stays.ended, 'end');
	await dial(server.address);
	await turns();
	t.is(server.stats.accepted, 1);
	stays.end();
	await until('the second is accepted', () => server.stats.accepted === 2);
});

test('a full server still closes, and resets those who wait', async t => {
	const server = await serve(
		t,
		async connection => {
			await connection.read({signal: connection.draining}).catch(() => {});
		},
		{maxConnections: 1},
	);
	const peers = await dialMany(5, server.address);
	await until('one is accepted', () => server.stats.accepted === 1);
	t.deepEqual(await server.close(), {drained: 1, aborted: 0});
	const ends = await Promise.all(peers.map(peer => peer.ended));
	t.is(ends.filter(end => end === 'end').length, 1);
	t.is(ends.filter(end => end === 'ECONNRESET').length, 4);
});
