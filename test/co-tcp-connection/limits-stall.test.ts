import {open} from 'node:fs/promises';
import {performance} from 'node:perf_hooks';
import {setTimeout as delay} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {BrokenError, connect, ClosedError, listen, TimeoutError, type CoTcpConnection} from '../../src/index.js';
import {control} from '../../src/loop/layout.js';
import {controlWords} from '../../src/loop/shared.js';
import {moreThanFits} from '../support/bytes.js';
import {checkDescriptors} from '../support/descriptors.js';
import {drip, endBy, isOfEnd} from '../support/limits.js';
import {ownPair, type Maker, type Transport} from '../support/pairs.js';
import {postUntilFull} from '../support/posts.js';
import {reasonOf, turns, until, within} from '../support/wait.js';

checkDescriptors(test);

const stallTimeout = 300;
const much = Buffer.alloc(moreThanFits, 'x');

const isEnded = test.macro(async (t, madeBy: Maker, transport: Transport) => {
	const {connection, peer} = await ownPair(t, {madeBy, transport, stallTimeout});
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
	connection.signal.addEventListener('abort', () => settled.push('signal'));
	void connection.closed.then(() => settled.push('closed'));
	const error = await endBy(t, connection.closed, 'stallTimeout', {ms: stallTimeout, since});
	for (const call of calls) isOfEnd(t, await call, error);
	t.deepEqual(settled, ['first', 'second', 'read', 'signal', 'closed']);
	isOfEnd(t, connection.signal.reason, error);
	isOfEnd(t, await reasonOf(connection.send('later')), error);
	t.true(((await calls[0]) as TimeoutError).bytesSent > 0);
	t.is(error.syscall, 'write');
	t.is(error.address, transport === 'IPv4' ? '127.0.0.1' : connection.localAddress.path);
	if (transport !== 'IPv4') return;
	const seen = await reasonOf(async () => {
		for await (const chunk of peer) if (chunk.length === 0) break;
	});
	t.true(seen instanceof BrokenError, String(seen));
});

for (const madeBy of ['connect', 'a handler', 'accept'] as const)
	test(`a peer that takes nothing ends the connection (made by ${madeBy})`, isEnded, madeBy, 'IPv4');
test('a peer that takes nothing ends the connection (unix path)', isEnded, 'a handler', 'unix path');

test('a peer that takes something now and then, slowly, is left alone', async t => {
	const patient = 5000;
	const {connection, peer} = await ownPair(t, {stallTimeout: patient});
	const sending = connection.send(much);
	sending.catch(() => {});
	// In the kernel there is more than is taken meanwhile: no write of ours tells of the progress.
	const everyMs = 300;
	const reader = drip(peer, {bytes: 256 * 1024, everyMs});
	await delay(patient * 1.4);
	t.is(connection.state, 'connected');
	await reader.stop();
	// Not each read opens the peer's window.
	const since = reader.lastAt - 2 * everyMs;
	const error = await endBy(t, connection.closed, 'stallTimeout', {ms: patient, since});
	isOfEnd(t, await reasonOf(sending), error);
});

test('a send to a peer that was found full a while ago, when nothing waited, has its limit too', async t => {
	const {connection} = await ownPair(t, {stallTimeout});
	const chunk = Buffer.alloc(64 * 1024);
	for (;;) {
		const refusal = await connection.sendSome(chunk, {timeout: 0}).catch((error: unknown) => error);
		if (typeof refusal === 'number') continue;
		t.true(refusal instanceof TimeoutError, String(refusal));
		break;
	}

	// Time for several looks at a connection of which nothing waits.
	await delay(stallTimeout);
	t.is(connection.state, 'connected');
	const since = performance.now();
	const sending = reasonOf(connection.send('x'));
	const error = await endBy(t, connection.closed, 'stallTimeout', {ms: stallTimeout, since});
	isOfEnd(t, await sending, error);
});

test('a file that nobody takes ends the connection', async t => {
	const {connection} = await ownPair(t, {stallTimeout});
	const since = performance.now();
	const file = await open(process.execPath);
	t.teardown(async () => file.close());
	const sending = reasonOf(connection.sendFile(file, {length: moreThanFits}));
	const error = await endBy(t, connection.closed, 'stallTimeout', {ms: stallTimeout, since});
	isOfEnd(t, await sending, error);
});

test('a rest of posted sends that nobody takes ends the connection, though no call waits', async t => {
	const {connection, peer} = await ownPair(t, {madeBy: 'accept', stallTimeout});
	const {bytes, since} = await within(postUntilFull(connection, peer, stallTimeout / 6), 'a full kernel');
	t.true(connection.stats.pendingBytes < bytes);
	await endBy(t, connection.closed, 'stallTimeout', {ms: stallTimeout, since: since - 50});
});

test('what is pending after shutdown ends the connection', async t => {
	const {connection} = await ownPair(t, {stallTimeout});
	const since = performance.now();
	const calls = [reasonOf(connection.send(much)), reasonOf(connection.shutdown())];
	const error = await endBy(t, connection.closed, 'stallTimeout', {ms: stallTimeout, since});
	for (const call of calls) isOfEnd(t, await call, error);
});

test('what is pending at a close ends it before its time, and close tells so', async t => {
	const {connection, peer} = await ownPair(t, {madeBy: 'accept', stallTimeout, closeTimeout: Infinity});
	await within(postUntilFull(connection, peer, stallTimeout / 6), 'a full kernel');
	// The end of its own does not wait for a call.
	t.is((await within(connection.close(), 'the end')).reason, 'stallTimeout');
	const waiting = await ownPair(t, {stallTimeout, closeTimeout: Infinity});
	const sending = reasonOf(waiting.connection.send(much));
	t.is((await within(waiting.connection.close(), 'the end')).reason, 'stallTimeout');
	t.true((await sending) instanceof TimeoutError);
	t.true((await reasonOf(waiting.connection.read())) instanceof ClosedError);
});

test('a close that waits for nothing but the FIN of the peer is no stall', async t => {
	const {connection, peer} = await ownPair(t, {stallTimeout: 50, closeTimeout: Infinity});
	const other = await ownPair(t, {stallTimeout});
	await connection.send('hello');
	const closing = connection.close();
	other.connection.send(much).catch(() => {});
	await other.connection.closed;
	t.is(connection.state, 'disconnecting');
	await peer.close();
	t.is((await closing).reason, 'closed');
});

test('without the limit a peer may take nothing for ever, and what was sent in part by sendSome is not pending', async t => {
	const endless = await ownPair(t, {stallTimeout: Infinity});
	endless.connection.send(much).catch(() => {});
	const idle = await ownPair(t, {stallTimeout: 50});
	while ((await idle.connection.sendSome(much)) === much.length);
	const limited = await ownPair(t, {stallTimeout});
	limited.connection.send(much).catch(() => {});
	t.is((await within(limited.connection.closed, 'the end')).reason, 'stallTimeout');
	t.is(endless.connection.state, 'connected');
	t.is(idle.connection.state, 'connected');
	// What comes now is.
	idle.connection.send('x').catch(() => {});
	t.is((await within(idle.connection.closed, 'the end')).reason, 'stallTimeout');
});

test('it stands in stats.ended, a handler that lets it escape has not failed, and one that goes on is not told twice', async t => {
	const server = await listen(
		{host: '127.0.0.1', port: 0, stallTimeout, onError: () => t.fail()},
		async connection => {
			await connection.send(much);
		},
	);
	t.teardown(async () => server.close({timeout: 0}));
	const peers = await Promise.all(
		Array.from({length: 3}, async () => connect({host: '127.0.0.1', port: server.address.port})),
	);
	await until(() => server.stats.ended.stallTimeout === 3, 'their ends');
	t.is(server.stats.handlerErrors, 0);
	t.is(server.stats.open, 0);
	for (const peer of peers) peer.reset();
});

test('a server that drains is not kept from it by a peer that takes nothing', async t => {
	const server = await listen({host: '127.0.0.1', port: 0, stallTimeout}, async connection => connection.send(much));
	const peer = await connect({host: '127.0.0.1', port: server.address.port});
	await until(() => server.stats.accepted === 1, 'the connection');
	t.deepEqual(await within(server.close({timeout: Infinity}), 'the drain'), {drained: 1, aborted: 0});
	t.is(server.stats.ended.stallTimeout, 1);
	peer.reset();
	await peer.closed;
});

test('a reset while it stalls is a reset', async t => {
	const {connection} = await ownPair(t, {stallTimeout});
	const sending = reasonOf(connection.send(much));
	await delay(stallTimeout / 2);
	connection.reset();
	t.true((await sending) instanceof ClosedError);
	t.is((await connection.closed).reason, 'reset');
});

/** Serial tests go first: nobody else is blocked. */
test.serial('nothing looks at connections when none is blocked any more', async t => {
	const armed = (): boolean => controlWords[control.sweepArmed] !== 0;
	const {connection} = await ownPair(t, {stallTimeout});
	await turns(3);
	t.false(armed());
	connection.send(much).catch(() => {});
	await until(armed, 'the look');
	await connection.closed;
	await until(() => !armed(), 'the rest');
	const other = await ownPair(t, {stallTimeout});
	await other.connection.send('x');
	await turns(3);
	t.false(armed());
	await fillAndRead(t, other);
	await until(() => !armed(), 'the rest');
	t.is(other.connection.state, 'connected');
});

async function fillAndRead(
	t: ExecutionContext,
	{connection, peer}: {connection: CoTcpConnection; peer: CoTcpConnection},
): Promise<void> {
	const sending = connection.send(much);
	await peer.discard(much.length);
	await t.notThrowsAsync(sending);
}
