import {performance} from 'node:perf_hooks';
import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {BrokenError, connect, listen} from '../../src/index.js';
import {deadlines} from '../../src/loop/call-deadlines.js';
import {moreThanFits} from '../support/bytes.js';
import {runChild} from '../support/child.js';
import {checkDescriptors} from '../support/descriptors.js';
import {endBy, isOfEnd} from '../support/limits.js';
import {ownPair, type Maker, type Transport} from '../support/pairs.js';
import {reasonOf, until, within} from '../support/wait.js';

checkDescriptors(test);

// What a test does before the time is over has to be possible in it, on a loaded machine as well.
const idleTimeout = 1000;
const index = new URL('../../src/index.ts', import.meta.url).href;

const isEnded = test.macro(async (t, madeBy: Maker, transport: Transport) => {
	const since = performance.now();
	const limited = await ownPair(t, {madeBy, transport, idleTimeout, ofPeer: {}});
	const reading = reasonOf(limited.connection.read());
	const error = await endBy(t, limited.connection.closed, 'idleTimeout', {ms: idleTimeout, since});
	isOfEnd(t, await reading, error);
	isOfEnd(t, await reasonOf(limited.connection.send('x')), error);
	t.is(error.syscall, 'read');
});

for (const madeBy of ['connect', 'a handler', 'accept'] as const)
	test(`a connection on which nothing moves is ended (made by ${madeBy})`, isEnded, madeBy, 'IPv4');
test('a connection on which nothing moves is ended (unix path)', isEnded, 'accept', 'unix path');

test('the peer sees a reset', async t => {
	const server = await listen({host: '127.0.0.1', port: 0, idleTimeout}, async connection => {
		await connection.readAll();
	});
	t.teardown(async () => server.close({timeout: 0}));
	const peer = await connect({host: '127.0.0.1', port: server.address.port});
	t.true((await reasonOf(peer.read())) instanceof BrokenError);
	t.is(server.stats.ended.idleTimeout, 1);
	t.is(server.stats.handlerErrors, 0);
});

for (const direction of ['received', 'sent'] as const) {
	test(`a byte that is ${direction} begins the time anew`, async t => {
		const patient = 5000;
		const limited = await ownPair(t, {madeBy: 'accept', idleTimeout: patient, ofPeer: {}});
		const [from, to] =
			direction === 'received' ? [limited.peer, limited.connection] : [limited.connection, limited.peer];
		let last = 0;
		for (let round = 0; round < 6; round++) {
			await delay(patient / 5);
			last = performance.now();
			await from.send('x');
			t.is(String(await to.read()), 'x');
		}

		t.is(limited.connection.state, 'connected');
		await endBy(t, limited.connection.closed, 'idleTimeout', {ms: patient, since: last});
	});
}

test('a file that is sent, and what readInto and tryRead receive, count', async t => {
	const patient = 5000;
	const {connection, peer} = await ownPair(t, {madeBy: 'accept', idleTimeout: patient, ofPeer: {}});
	const view = Buffer.alloc(10);
	let last = 0;
	for (let round = 0; round < 3; round++) {
		await delay(patient / 4);
		await connection.sendFile(process.execPath, {length: 10});
		await peer.readExactly(10);
		await delay(patient / 4);
		await peer.send('x');
		await connection.readInto(view);
		await delay(patient / 4);
		await peer.send('y');
		last = performance.now();
		await within(
			(async () => {
				while (connection.tryRead() === undefined) await delay(1);
			})(),
			'the byte',
		);
	}

	await endBy(t, connection.closed, 'idleTimeout', {ms: patient, since: last});
});

test('what waits in the kernel unread does not count', async t => {
	const {connection, peer} = await ownPair(t, {madeBy: 'accept', idleTimeout, ofPeer: {}});
	const sending = setInterval(() => {
		peer.send('x').catch(() => {});
	}, 20);
	t.teardown(() => {
		clearInterval(sending);
	});
	t.is((await within(connection.closed, 'the end')).reason, 'idleTimeout');
});

test('what has been read but not taken is handed out after the end', async t => {
	const {connection, peer} = await ownPair(t, {madeBy: 'accept', idleTimeout, ofPeer: {}});
	await peer.send('hello');
	await connection.peek(5);
	await connection.closed;
	t.is(String(await connection.read()), 'hello');
	t.is(((await reasonOf(connection.read())) as {limitName?: string}).limitName, 'idleTimeout');
});

// By itself: it keeps all others of the process waiting.
test.serial(
	'a loop that was busy for longer than the limit has not been idle: what had come is received first',
	async t => {
		const {connection, peer} = await ownPair(t, {madeBy: 'accept', idleTimeout, ofPeer: {}});
		const reading = connection.read();
		await peer.send('hello');
		const busyUntil = performance.now() + 1.5 * idleTimeout;
		while (performance.now() < busyUntil);
		t.is(String(await reading), 'hello');
		t.is(connection.state, 'connected');
	},
);

test('half-closed and blocked connections are idle like others', async t => {
	const half = await ownPair(t, {madeBy: 'accept', idleTimeout, ofPeer: {}});
	await half.peer.shutdown();
	t.is(await half.connection.read(), null);
	t.is((await within(half.connection.closed, 'the end')).reason, 'idleTimeout');
	const blocked = await ownPair(t, {madeBy: 'accept', idleTimeout, ofPeer: {}});
	const sending = reasonOf(blocked.connection.send(Buffer.alloc(moreThanFits)));
	t.is((await within(blocked.connection.closed, 'the end')).reason, 'idleTimeout');
	t.is(((await sending) as {limitName?: string}).limitName, 'idleTimeout');
});

test('many of them end, each by itself, and nothing stays behind', async t => {
	const server = await listen({host: '127.0.0.1', port: 0, idleTimeout}, async connection => {
		await connection.readAll();
	});
	t.teardown(async () => server.close({timeout: 0}));
	const peers = await Promise.all(
		Array.from({length: 100}, async () => connect({host: '127.0.0.1', port: server.address.port})),
	);
	await until(() => server.stats.ended.idleTimeout === 100, 'their ends');
	t.is(server.stats.open, 0);
	for (const peer of peers) peer.reset();
});

/** Serial tests go first: nobody else has deadlines. */
test.serial('a connection that ends otherwise leaves no deadline behind', async t => {
	const before = deadlines.size;
	const {connection, peer} = await ownPair(t, {idleTimeout: 60_000});
	t.is(deadlines.size, before + 2);
	connection.reset();
	await peer.closed;
	t.is(deadlines.size, before);
});

test.serial('it does not keep the process alive', async t => {
	const program = `
		const {connect, listen} = await import(${JSON.stringify(index)});
		const server = await listen({host: '127.0.0.1', port: 0, idleTimeout: 1e6}, connection => { connection.unref(); return new Promise(() => {}); });
		const connection = await connect({host: '127.0.0.1', port: server.address.port, idleTimeout: 1e6, stallTimeout: 1e3, sendTimeout: 1e6});
		connection.unref();
		server.unref();
		await connection.send('x');
		console.log('done');
	`;
	const {code, stdout} = await runChild(program);
	t.is(code, 0);
	t.is(stdout, 'done\n');
});
