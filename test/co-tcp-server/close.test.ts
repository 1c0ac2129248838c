import {Buffer} from 'node:buffer';
import {performance} from 'node:perf_hooks';
import test from 'ava';
import {
	ClosedError,
	type CloseInfo,
	type CloseOptions,
	type ConnectionHandler,
	type CoTcpConnection,
	type CoTcpServer,
	type ServerStats,
} from '../../src/index.js';
import {dial, dialMany, openDescriptors, serve, Signpost, turns, until} from '../support/server-peers.js';
import {RawClients} from '../support/process-raw-client.js';

const never = new Promise<never>(() => {});

/** Reads until the peer's end, or until the server begins to close. */
const untilDraining: ConnectionHandler = async connection => {
	await new Promise<void>(resolve => {
		connection.draining.addEventListener('abort', () => {
			resolve();
		});
	});
};

const echo: ConnectionHandler = async connection => {
	for await (const chunk of connection) await connection.send(chunk);
};

function sum(stats: ServerStats): number {
	return Object.values(stats.ended).reduce((total, count) => total + count, 0);
}

test('close aborts draining after the call, not inside it, with a ClosedError', async t => {
	const server = await serve(t, untilDraining);
	const peer = await dial(server.address);
	await until('it is there', () => server.stats.open === 1);
	const [connection] = server.connections;
	let isInside = true;
	let isAborted = false;
	server.draining.addEventListener('abort', () => {
		isAborted = true;
		t.false(isInside);
	});
	const closing = server.close();
	t.false(isAborted);
	isInside = false;
	await Promise.resolve();
	t.true(server.draining.aborted);
	t.true(connection?.draining.aborted);
	t.true(server.draining.reason instanceof ClosedError);
	t.deepEqual(await closing, {drained: 1, aborted: 0});
	t.is(await peer.ended, 'end');
});

test('close lets what is under way come to its end', async t => {
	const server = await serve(t, async connection => {
		const line = await connection.readLine();
		await connection.send(`answer to ${line}`);
	});
	const peers = await dialMany(10, server.address);
	await until('all are there', () => server.stats.open === 10);
	const closing = server.close();
	let isClosed = false;
	void closing.then(() => {
		isClosed = true;
	});
	await turns();
	t.false(isClosed);
	for (const peer of peers) peer.send('question\n');
	for (const peer of peers) {
		t.is(await peer.ended, 'end');
		t.is(peer.bytes.toString(), 'answer to question');
	}

	t.deepEqual(await closing, {drained: 10, aborted: 0});
});

test('close waits for a handler whose connection has ended', async t => {
	const finish = new Signpost();
	const server = await serve(t, async connection => {
		await connection.close();
		await finish.reached;
	});
	const peer = await dial(server.address);
	t.is(await peer.ended, 'end');
	await until('the connection has ended', () => server.stats.open === 0);
	let isClosed = false;
	const closing = server.close();
	void closing.then(() => {
		isClosed = true;
	});
	await turns();
	t.false(isClosed);
	finish.reach();
	t.deepEqual(await closing, {drained: 0, aborted: 0});
});

test('close waits for connections whose handlers have settled', async t => {
	const server = await serve(t, () => {}, {closeTimeout: 60_000});
	const peer = await dial(server.address, {allowHalfOpen: true});
	t.is(await peer.ended, 'end');
	let isClosed = false;
	const closing = server.close();
	void closing.then(() => {
		isClosed = true;
	});
	await turns();
	t.false(isClosed);
	peer.end();
	t.deepEqual(await closing, {drained: 1, aborted: 0});
});

test('when the time is over the rest is reset, and counted as aborted', async t => {
	const infos: CloseInfo[] = [];
	const server = await serve(t, async connection => {
		void connection.closed.then(info => infos.push(info));
		if ((await connection.readExactly(1)).toString() === 'e') return;
		await connection.send(Buffer.alloc(50 * 1024 * 1024));
		await never;
	});
	for (const peer of await dialMany(4, server.address)) peer.send('e');
	const idlers = await RawClients.connect(t, server.address.port, 6);
	await idlers.send('n');
	await until('four have ended', () => infos.length === 4);
	const more = await dialMany(2, server.address);
	await until('they are there', () => server.stats.open === 8);
	const closing = server.close({timeout: 60_000});
	for (const peer of more) peer.send('e');
	await until('two more have ended', () => server.stats.open === 6);
	void server.close({timeout: 20});
	t.deepEqual(await closing, {drained: 2, aborted: 6});
	await until('all have ended', () => infos.length === 12);
	t.is(infos.filter(({reason}) => reason === 'aborted').length, 6);
	t.true(infos.every(info => info.reason !== 'aborted' || !('error' in info)));
	t.is(server.stats.ended.aborted, 6);
	t.is(server.stats.ended.closed, 6);
	for (const {end} of await idlers.read()) t.is(end, 'ECONNRESET');
});

test('close with timeout 0 ends all at once', async t => {
	const errors: unknown[] = [];
	const server = await serve(t, async connection => {
		errors.push(await connection.read().catch((error: unknown) => error));
	});
	const peers = await dialMany(10, server.address);
	await until('all are there', () => server.stats.open === 10);
	t.deepEqual(await server.close({timeout: 0}), {drained: 0, aborted: 10});
	for (const peer of peers) t.is(await peer.ended, 'ECONNRESET');
	t.is(errors.length, 10);
	t.true(errors.every(error => error instanceof ClosedError && error.code === 'ERR_TCP_CLOSED'));
	t.is(server.stats.handlerErrors, 0);
	t.true(server.draining.aborted);
});

test('all calls of close get one result, and the earliest deadline counts', async t => {
	const server = await serve(t, () => never);
	await dial(server.address);
	await until('it is there', () => server.stats.open === 1);
	const startedAt = performance.now();
	const first = server.close({timeout: 60_000});
	const second = server.close({timeout: 20});
	const third = server.close({timeout: 30_000});
	const results = await Promise.all([first, second, third, server.closed]);
	t.true(performance.now() - startedAt < 20_000);
	t.true(performance.now() - startedAt >= 20);
	for (const result of results) t.is(result, results[0]);
	t.deepEqual(results[0], {drained: 0, aborted: 1});
	t.is(await server.close(), results[0]);
	t.is(await server.close({timeout: 0}), results[0]);
});

test('a later close with a longer time does not put off an earlier one', async t => {
	const server = await serve(t, () => never);
	await dial(server.address);
	await until('it is there', () => server.stats.open === 1);
	const startedAt = performance.now();
	void server.close({timeout: 20});
	t.deepEqual(await server.close({timeout: Infinity}), {drained: 0, aborted: 1});
	t.true(performance.now() - startedAt < 20_000);
});

const refuses = test.macro(async (t, options: unknown, kind: typeof TypeError | typeof RangeError) => {
	const server = await serve(t, echo);
	let promise!: Promise<unknown>;
	t.notThrows(() => {
		promise = server.close(options as CloseOptions);
	});
	await t.throwsAsync(promise, {instanceOf: kind});
	t.false(server.draining.aborted);
	const peer = await dial(server.address); // it is still open
	peer.send('x');
	t.is((await peer.received(1)).toString(), 'x');
	await server.close({timeout: 0});
	await t.throwsAsync(server.close(options as CloseOptions), {instanceOf: kind});
});
test('close refuses a number', refuses, 5, TypeError);
test('close refuses null', refuses, null, TypeError);
test('close refuses a timeout that is a string', refuses, {timeout: '5'}, TypeError);
test('close refuses a timeout that is NaN', refuses, {timeout: Number.NaN}, RangeError);
test('close refuses a negative timeout', refuses, {timeout: -0.1}, RangeError);

test('closed resolves with what close told, and what is known stays valid', async t => {
	const server = await serve(t, echo, {name: 'known'});
	const {address} = server;
	const peer = await dial(server.address);
	peer.send('x');
	await peer.received(1);
	const result = await server.close({timeout: 0});
	t.is(await server.closed, result);
	t.deepEqual(server.address, address);
	t.is(server.name, 'known');
	t.like(server.stats, {accepted: 1, open: 0, bytesRead: 1, bytesWritten: 1, acceptErrors: 0, handlerErrors: 0});
	t.is(server.ref().unref(), server);
});

test('a server with nobody there closes at once', async t => {
	const server = await serve(t, echo);
	t.deepEqual(await server.close(), {drained: 0, aborted: 0});
});

test('close may be called inside a handler', async t => {
	const server: CoTcpServer = await serve(t, async connection => {
		await connection.send('closing');
		void server.close();
	});
	const peer = await dial(server.address);
	t.is(await peer.ended, 'end');
	t.is(peer.bytes.toString(), 'closing');
	t.deepEqual(await server.closed, {drained: 1, aborted: 0});
});

test('close may be called synchronously in a handler while more newcomers are in the same batch', async t => {
	let calls = 0;
	const server: CoTcpServer = await serve(t, connection => {
		calls++;
		connection.send('first').catch(() => {});
		void server.close();
	});
	const peers = await dialMany(50, server.address);
	const ends = await Promise.all(peers.map(peer => peer.ended));
	const result = await server.closed;
	t.is(calls, 1);
	t.is(server.stats.accepted, 1);
	t.is(ends.filter(end => end === 'end').length, 1);
	t.is(ends.filter(end => end === 'ECONNRESET').length, 49);
	t.deepEqual(result, {drained: 1, aborted: 0});
});

test('a handler that waits for the close of its own server is reset when the time is over', async t => {
	const server: CoTcpServer = await serve(t, async () => {
		await server.close({timeout: 20});
	});
	const peer = await dial(server.address);
	t.is(await peer.ended, 'ECONNRESET');
	t.deepEqual(await server.closed, {drained: 0, aborted: 1});
});

test('no handler runs after close', async t => {
	for (let round = 0; round < 50; round++) {
		let isClosed = false;
		const server = await serve(t, () => {
			t.false(isClosed);
		});
		const peers = await dialMany(5, server.address);
		const closing = server.close();
		isClosed = true;
		await closing;
		await Promise.all(peers.map(peer => peer.ended));
	}
});

test.serial('2,000 connections of which each closes the next end without recursion', async t => {
	const count = 2000;
	const connections: CoTcpConnection[] = [];
	const before = openDescriptors();
	const server = await serve(t, async connection => {
		connections.push(connection);
		await connection.closed;
	});
	for (let number = 0; number < count; number += 500) await dialMany(500, server.address);
	await until('all are there', () => connections.length === count);
	for (const [index, connection] of connections.entries()) {
		const next = connections[index + 1];
		connection.signal.addEventListener('abort', () => next?.reset());
	}

	const closing = server.close({timeout: 60_000});
	connections[0]?.reset();
	t.deepEqual(await closing, {drained: count, aborted: 0});
	t.is(server.stats.ended.reset, count);
	await until('all descriptors are closed', () => openDescriptors() <= before);
});

test.serial('2,000 connections whose pending reads each reset the next end without recursion', async t => {
	const count = 2000;
	const connections: CoTcpConnection[] = [];
	const server = await serve(t, async connection => {
		const index = connections.push(connection) - 1;
		await connection.read().catch(() => {});
		connections[index + 1]?.reset();
	});
	for (let number = 0; number < count; number += 500) await dialMany(500, server.address);
	await until('all are there', () => connections.length === count);
	connections[0]?.reset();
	await until('all have ended', () => server.stats.open === 0);
	t.is(server.stats.ended.reset, count);
	t.deepEqual(await server.close(), {drained: 0, aborted: 0});
});

test('the counters add up, however the connections end', async t => {
	const server = await serve(
		t,
		async connection => {
			const [how, ...rest] = (await connection.readLine()) ?? '';
			await connection.send(rest.join(''));
			if (how === 't') throw new Error('as told');
			if (how === 'r') connection.reset();
			if (how === 'w') await connection.read();
			if (how === 'n') await never;
		},
		{onError: () => {}},
	);
	let sent = 0;
	const tell = async (how: string, count: number): Promise<void> => {
		for (const peer of await dialMany(count, server.address)) {
			peer.send(`${how}1234567\n`);
			sent++;
			if (how !== 't' && how !== 'r') await peer.received(7);
			if (how === 'w') peer.reset();
		}
	};

	await tell('c', 3);
	await tell('t', 4);
	await tell('r', 5);
	await tell('w', 6);
	await tell('n', 7);
	await until('those who end have ended', () => server.stats.accepted === 25 && server.stats.open === 7);
	t.is(sum(server.stats), 18);
	t.like(server.stats, {accepted: 25, bytesRead: 25 * 9, bytesWritten: 25 * 7, handlerErrors: 4, acceptErrors: 0});
	await server.close({timeout: 0});
	t.like(server.stats.ended, {closed: 3, error: 4, reset: 5, broken: 6, cancelled: 0, aborted: 7});
	t.is(sum(server.stats), server.stats.accepted);
	t.is(sent, 25);
	t.is(server.stats.bytesRead, 25 * 9);
	t.is(server.stats.bytesWritten, 25 * 7);
});

test('connections holds the live ones from accept to end', async t => {
	const server = await serve(t, async connection => {
		t.true(server.connections.has(connection));
		await connection.read();
	});
	const peers = await dialMany(3, server.address);
	await until('all are there', () => server.connections.size === 3);
	const [first] = server.connections;
	void first?.closed.then(() => {
		t.false(server.connections.has(first));
	});
	for (const peer of peers) peer.end();
	await until('all are gone', () => server.connections.size === 0);
});

test('a server disposes of itself at the end of its scope', async t => {
	const server = await serve(t, echo);
	await (async () => {
		await using scoped = server;
		t.is(scoped, server);
	})();
	t.true(server.draining.aborted);
	t.is(await server.accept().catch(() => 'busy'), null);
});

test('unsent bytes are never cut off by a clean end when the server closes', async t => {
	const bytes = 30 * 1024 * 1024;
	const server = await serve(t, connection => void connection.send(Buffer.alloc(bytes)), {closeTimeout: 60_000});
	const reader = await dial(server.address);
	const idler = await RawClients.connect(t, server.address.port);
	await until('both are there', () => server.stats.accepted === 2);
	t.is(await reader.ended, 'end');
	t.is(reader.length, bytes);
	await until('it has ended', () => server.stats.open === 1);
	t.deepEqual(await server.close({timeout: 30}), {drained: 0, aborted: 1});
	const result = await idler.readOne();
	t.is(result.end, 'ECONNRESET');
	t.true(result.bytes < bytes);
});
