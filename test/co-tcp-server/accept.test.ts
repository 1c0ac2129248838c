import {Buffer} from 'node:buffer';
import test, {type ExecutionContext} from 'ava';
import {BusyError, connect, TimeoutError, type CoTcpConnection} from '../../src/index.js';
import {isSoak} from '../support/scale.js';
import {
	dial,
	dialing,
	dialMany,
	openDescriptors,
	serve,
	Signpost,
	turns,
	until,
	type Peer,
} from '../support/server-peers.js';

function portOf(peer: Peer): number | undefined {
	return peer.socket.localPort;
}

async function nextOf(t: ExecutionContext, accepting: Promise<CoTcpConnection | null>): Promise<CoTcpConnection> {
	const connection = await accepting;
	t.truthy(connection);
	return connection as CoTcpConnection;
}

test('several waiters get connections first-in first-out', async t => {
	const server = await serve(t);
	const waiting = Array.from({length: 20}, () => server.accept());
	const ports: Array<number | undefined> = [];
	for (let number = 0; number < 20; number++) ports.push(portOf(await dial(server.address)));
	const accepted = await Promise.all(waiting);
	t.deepEqual(
		accepted.map(connection => connection?.remoteAddress.port),
		ports,
	);
	t.deepEqual(
		accepted.map(connection => connection?.name.split('#')[1]),
		ports.map((_, index) => String(index + 1)),
	);
});

test('several waiters get connections first-in first-out, also when all come at once', async t => {
	const server = await serve(t);
	const order: number[] = [];
	const waiting = Array.from({length: 100}, async (_, index) => {
		const connection = await server.accept();
		order.push(index);
		return connection;
	});
	const peers = Array.from({length: 100}, () => dialing(server.address));
	const accepted = await Promise.all(waiting);
	t.deepEqual(
		order,
		order.map((_, index) => index),
	);
	t.deepEqual(
		accepted.map(connection => connection?.remoteAddress.port),
		peers.map(portOf),
	);
});

test('accept gives null to those who wait when the server closes, and to all who come later', async t => {
	const server = await serve(t);
	const waiting = [
		server.accept(),
		server.accept({timeout: 60_000}),
		server.accept({signal: new AbortController().signal}),
	];
	const closing = server.close();
	t.deepEqual(await Promise.all(waiting), [null, null, null]);
	t.is(await server.accept(), null);
	await closing;
	t.is(await server.accept(), null);
	t.is(await server.accept({timeout: 0}), null);
});

test('accept is busy where a handler takes the connections', async t => {
	const server = await serve(t, () => {});
	const error = await t.throwsAsync(server.accept(), {instanceOf: BusyError, code: 'ERR_TCP_BUSY'});
	t.is(error.name, 'BusyError');
	await t.throwsAsync(server[Symbol.asyncIterator]().next(), {instanceOf: BusyError});
});

const refuses = test.macro(async (t, kind: typeof TypeError | typeof RangeError, options: unknown) => {
	const server = await serve(t, () => {});
	// Arguments come before everything else: the signal, the end, the handler.
	await t.throwsAsync(server.accept(options as {timeout: number}), {instanceOf: kind});
	await server.close();
	await t.throwsAsync(server.accept(options as {timeout: number}), {instanceOf: kind});
});
test('accept refuses options that are no object', refuses, TypeError, 5);
test('accept refuses null as options', refuses, TypeError, null);
test('accept refuses a timeout that is no number', refuses, TypeError, {timeout: '5'});
test('accept refuses a timeout that is NaN', refuses, RangeError, {timeout: Number.NaN});
test('accept refuses a negative timeout', refuses, RangeError, {timeout: -1, signal: AbortSignal.abort()});
test('accept refuses a signal that is none', refuses, TypeError, {signal: new EventTarget()});

test('accept with an aborted signal rejects with its reason, closed or not, with a handler or not', async t => {
	const reason = Symbol('reason');
	const signal = AbortSignal.abort(reason);
	for (const handler of [undefined, () => {}]) {
		const server = await serve(t, handler);
		t.is(await server.accept({signal}).catch((error: unknown) => error), reason);
		await server.close();
		t.is(await server.accept({signal}).catch((error: unknown) => error), reason);
	}
});

test('accept with timeout 0 takes a peer that waits, and else rejects', async t => {
	const server = await serve(t);
	await t.throwsAsync(server.accept({timeout: 0}), {instanceOf: TimeoutError, code: 'ETIMEDOUT'});
	const peers = await dialMany(3, server.address);
	for (const peer of peers) {
		const connection = await nextOf(t, server.accept({timeout: 0}));
		t.is(portOf(peer), connection.remoteAddress.port);
	}

	await t.throwsAsync(server.accept({timeout: 0}), {instanceOf: TimeoutError});
});

test('accept with timeout 0 does not take the place of those who wait', async t => {
	const server = await serve(t);
	const waiting = server.accept();
	const peer = await dial(server.address);
	await t.throwsAsync(server.accept({timeout: 0}), {instanceOf: TimeoutError});
	t.is((await waiting)?.remoteAddress.port, portOf(peer));
});

test('an accept that was aborted or timed out loses no connection', async t => {
	const server = await serve(t);
	const controller = new AbortController();
	const aborted = server.accept({signal: controller.signal});
	const late = server.accept({timeout: 5});
	await t.throwsAsync(late, {instanceOf: TimeoutError, code: 'ETIMEDOUT'});
	controller.abort('no more');
	t.is(await aborted.catch((error: unknown) => error), 'no more');
	const peer = await dial(server.address);
	await turns();
	t.is(server.stats.accepted, 0);
	t.is((await server.accept())?.remoteAddress.port, portOf(peer));
});

test('accepts that are aborted at any moment lose no connection and give none twice', async t => {
	const server = await serve(t);
	// Ports come again after a while, ids never.
	const seen = new Set<bigint>();
	const rounds = isSoak ? 5000 : 500;
	let isOver = false as boolean;
	let isTwice = false;
	const taking = (async () => {
		for (let round = 0; !isOver; round++) {
			const controller = new AbortController();
			const accepting = server.accept({signal: controller.signal, timeout: round % 3 === 0 ? 0.5 : Infinity});
			if (round % 2 === 0) setImmediate(() => controller.abort());
			else process.nextTick(() => setImmediate(() => setImmediate(() => controller.abort())));
			try {
				const connection = await accepting;
				if (connection === null) return;
				connection.reset();
				isTwice ||= seen.has(connection.id);
				seen.add(connection.id);
			} catch {
				// given up: the next one gets it
			}
		}
	})();
	for (let round = 0; round < rounds; round++) {
		const peer = dialing(server.address);
		await Promise.all([peer.ended]);
	}

	t.is(server.stats.accepted, rounds);
	t.false(isTwice);
	isOver = true;
	await server.close();
	await taking;
});

test.serial('nothing is accepted and nothing is read before somebody waits', async t => {
	const server = await serve(t);
	const message = Buffer.alloc(100_000, 'm');
	const before = openDescriptors();
	const peers = await dialMany(10, server.address);
	for (const peer of peers) peer.send(message);
	await until('the kernel has taken it', () => peers.every(peer => peer.socket.writableLength === 0));
	await turns();
	t.is(openDescriptors() - before, 10); // the peers' own
	t.like(server.stats, {accepted: 0, open: 0, bytesRead: 0});
	t.is(server.connections.size, 0);
	for (let number = 1; number <= 10; number++) {
		const connection = await nextOf(t, server.accept());
		await turns(3);
		t.is(server.stats.accepted, number);
		t.true((await connection.readExactly(message.length)).equals(message));
		connection.reset();
	}

	await until('all descriptors are closed', () => openDescriptors() <= before);
});

test.serial('one waiter takes one connection', async t => {
	const server = await serve(t);
	const waiting = server.accept();
	const before = openDescriptors();
	await dialMany(20, server.address);
	await waiting;
	await turns();
	t.is(server.stats.accepted, 1);
	t.is(openDescriptors() - before, 21);
});

test('for await takes connections one by one, and break does not close the server', async t => {
	const server = await serve(t);
	const peers = await dialMany(5, server.address);
	const ports: number[] = [];
	for await (const connection of server) {
		ports.push(connection.remoteAddress.port);
		if (ports.length === 2) break;
	}

	await turns();
	t.is(server.stats.accepted, 2);
	t.is(server.connections.size, 2); // break closes no connection either
	for await (const connection of server) {
		ports.push(connection.remoteAddress.port);
		if (ports.length === 5) break;
	}

	t.deepEqual(ports, peers.map(portOf));
});

test('for await ends when the server closes', async t => {
	const server = await serve(t);
	const ended = new Signpost<number>();
	void (async () => {
		let count = 0;
		for await (const connection of server) {
			count++;
			connection.reset();
		}

		ended.reach(count);
	})();
	for (let number = 0; number < 3; number++) await (await dial(server.address)).ended;
	await server.close();
	t.is(await ended.reached, 3);
});

test('the caller owns what accept gives: it stays open until it is ended', async t => {
	const server = await serve(t);
	const peer = await dial(server.address);
	const connection = await nextOf(t, server.accept());
	t.true(server.connections.has(connection));
	await turns();
	peer.send('x');
	t.is((await connection.read())?.toString(), 'x');
	peer.end();
	t.is(await connection.read(), null);
	await turns();
	t.is(server.connections.size, 1);
	await connection.close();
	t.is(server.connections.size, 0);
});

test('peers in the backlog are reset when the server closes', async t => {
	const server = await serve(t);
	const peers = await dialMany(20, server.address);
	await server.close();
	for (const peer of peers) t.is(await peer.ended, 'ECONNRESET');
	t.is(server.stats.accepted, 0);
});

test('an accept and a connect wait for each other in one process', async t => {
	const server = await serve(t);
	for (let round = 0; round < 100; round++) {
		const [accepted, connected] = await Promise.all([
			server.accept(),
			connect({port: server.address.port, host: '127.0.0.1'}),
		]);
		t.is(accepted?.remoteAddress.port, connected.localAddress.port);
		accepted?.reset();
		await connected.closed;
	}
});
