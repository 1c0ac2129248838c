import {open} from 'node:fs/promises';
import {performance} from 'node:perf_hooks';
import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {connect, listen, TimeoutError} from '../../src/index.js';
import {deadlines} from '../../src/loop/call-deadlines.js';
import {mebibyte, moreThanFits} from '../support/bytes.js';
import {checkDescriptors} from '../support/descriptors.js';
import {drip, endBy, isOfEnd} from '../support/limits.js';
import {ownPair, type Maker, type Transport} from '../support/pairs.js';
import {postUntilFull} from '../support/posts.js';
import {reasonOf, until, within} from '../support/wait.js';

checkDescriptors(test);

const sendTimeout = 600;
const much = Buffer.alloc(moreThanFits, 'x');
/** A reader who is never still, and would take minutes for all. */
const slowly = {bytes: 64 * 1024, everyMs: 20};

const isEnded = test.macro(async (t, madeBy: Maker, transport: Transport) => {
	const {connection, peer} = await ownPair(t, {madeBy, transport, sendTimeout});
	const since = performance.now();
	const settled: string[] = [];
	const follow = (name: string, call: Promise<unknown>): Promise<unknown> =>
		call.catch((error: unknown) => {
			settled.push(name);
			return error;
		});
	const calls = [
		follow('first', connection.send(much)),
		follow('second', connection.send('x')),
		follow('read', connection.read()),
	];
	void connection.closed.then(() => settled.push('closed'));
	const reader = drip(peer, slowly);
	const error = await endBy(t, connection.closed, 'sendTimeout', {ms: sendTimeout, since});
	for (const call of calls) isOfEnd(t, await call, error);
	t.deepEqual(settled, ['first', 'second', 'read', 'closed']);
	t.true(((await calls[0]) as TimeoutError).bytesSent > 0);
	t.true((await reader.stop()) > 0);
});

for (const madeBy of ['connect', 'a handler', 'accept'] as const)
	test(
		`a send that takes too long ends the connection, however steadily it goes on (made by ${madeBy})`,
		isEnded,
		madeBy,
		'IPv4',
	);
test('a send that takes too long ends the connection (unix path)', isEnded, 'a handler', 'unix path');

test('sends that are quick enough each may take long together', async t => {
	const patient = 5000;
	const {connection, peer} = await ownPair(t, {sendTimeout: patient});
	const until = performance.now() + patient * 1.3;
	for (let round = 0; performance.now() < until; round++) {
		const sending = connection.send(much);
		await delay(150);
		await peer.discard(much.length);
		await sending;
	}

	t.is(connection.state, 'connected');
});

test('the time of a send runs from its turn on', async t => {
	const patient = 6000;
	const {connection, peer} = await ownPair(t, {sendTimeout: patient, maxPendingBytes: Infinity});
	const message = Buffer.alloc(11 * mebibyte);
	const sends = [message, message, message].map(async one => connection.send(one));
	for (const sending of sends) {
		await delay(patient * 0.36);
		await peer.discard(message.length);
		await sending;
	}

	t.is(connection.state, 'connected');
});

test('a send that was cancelled has no time any more, and the next one has all of its own', async t => {
	const patient = 5000;
	const {connection, peer} = await ownPair(t, {sendTimeout: patient});
	while ((await connection.sendSome(much)) === much.length);
	const cancelled = connection.send('x', {timeout: patient / 2});
	const next = connection.send('y');
	t.true((await reasonOf(cancelled)) instanceof TimeoutError);
	await delay(patient * 0.7);
	t.is(connection.state, 'connected');
	const since = performance.now() - patient * 0.7;
	const error = await endBy(t, connection.closed, 'sendTimeout', {ms: patient, since: since - 100});
	isOfEnd(t, await reasonOf(next), error);
	peer.reset();
});

test('a file that takes too long ends the connection', async t => {
	const {connection, peer} = await ownPair(t, {sendTimeout});
	const since = performance.now();
	const file = await open(process.execPath);
	t.teardown(async () => file.close());
	const sending = reasonOf(connection.sendFile(file, {length: moreThanFits}));
	const reader = drip(peer, slowly);
	const error = await endBy(t, connection.closed, 'sendTimeout', {ms: sendTimeout, since});
	isOfEnd(t, await sending, error);
	await reader.stop();
});

test('a rest of posted sends that takes too long ends the connection, though no call waits', async t => {
	const {connection, peer} = await ownPair(t, {madeBy: 'accept', sendTimeout, stallTimeout: Infinity});
	const {since} = await within(postUntilFull(connection, peer, sendTimeout / 6), 'a full kernel');
	await endBy(t, connection.closed, 'sendTimeout', {ms: sendTimeout, since: since - 50});
});

test('posted sends that go out in time are left alone', async t => {
	const {connection, peer} = await ownPair(t, {madeBy: 'accept', sendTimeout: 6000});
	let kept = 0;
	for (let round = 0; round < 3; round++) {
		const {bytes} = await postUntilFull(connection, peer, 200);
		await delay(2600);
		if (connection.stats.pendingBytes > 0) kept++;
		await peer.discard(bytes);
		await within(connection.flush(), 'the flush');
	}

	t.is(connection.state, 'connected');
	t.true(kept > 0, 'No rest has waited');
});

test('what a close or a shutdown waits for is limited as well', async t => {
	const shut = await ownPair(t, {sendTimeout});
	const closed = await ownPair(t, {sendTimeout, closeTimeout: Infinity});
	const since = performance.now();
	const calls = [reasonOf(shut.connection.send(much)), reasonOf(shut.connection.shutdown())];
	closed.connection.send(much).catch(() => {});
	t.is((await within(closed.connection.close(), 'the end')).reason, 'sendTimeout');
	const error = await endBy(t, shut.connection.closed, 'sendTimeout', {ms: sendTimeout, since});
	for (const call of calls) isOfEnd(t, await call, error);
});

test('it stands in stats.ended, and a handler that lets it escape has not failed', async t => {
	const server = await listen(
		{host: '127.0.0.1', port: 0, sendTimeout, onError: () => t.fail()},
		async connection => {
			await connection.send(much);
		},
	);
	t.teardown(async () => server.close({timeout: 0}));
	const peer = await connect({host: '127.0.0.1', port: server.address.port});
	await until(() => server.stats.ended.sendTimeout === 1, 'its end');
	t.is(server.stats.handlerErrors, 0);
	peer.reset();
	await peer.closed;
});

/** Serial tests go first: nobody else has deadlines. */
test.serial('nothing is armed for sends that complete at once, and nothing stays armed for others', async t => {
	const {connection, peer} = await ownPair(t, {madeBy: 'accept', sendTimeout: 60_000});
	const before = deadlines.size;
	await connection.send('hello');
	t.is(deadlines.size, before);
	const sending = connection.send(much);
	t.is(deadlines.size, before + 1);
	await peer.discard(5 + much.length);
	await sending;
	t.is(deadlines.size, before);
	connection.send(Buffer.alloc(8 * mebibyte)).catch(() => {});
	connection.reset();
	t.is(deadlines.size, before);
});
