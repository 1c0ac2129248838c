import {getEventListeners} from 'node:events';
import test, {type ExecutionContext} from 'ava';
import {
	BrokenError,
	ClosedError,
	connect,
	LimitError,
	RemoteConnection,
	TimeoutError,
	type CoTcpConnection,
	type RemoteToken,
} from '../../src/index.js';
import {checkDescriptors} from '../support/descriptors.js';
import {ownPair, rawPair, type PairOptions} from '../support/pairs.js';
import {reasonOf, turns, until, within} from '../support/wait.js';
import {wrongTokens} from './support.js';

checkDescriptors(test);

/** More than the kernel takes. */
const much = Buffer.alloc(32 * 1024 * 1024, 'x');

/** A connection with a send that waits for its peer, and a message of another "thread" behind it. */
async function blocked(t: ExecutionContext, options: PairOptions = {}) {
	const pair = await rawPair(t, options);
	const head = pair.connection.send(much);
	head.catch(() => {}); // some tests end the connection
	await until(() => pair.connection.stats.bytesWritten > 0, 'its first bytes');
	return {...pair, head, remote: RemoteConnection.from(pair.connection.remote())};
}

/** Settled or not, after everything that is under way has come through. */
async function isPending(call: Promise<unknown>): Promise<boolean> {
	let settled = false;
	const note = (): void => {
		settled = true;
	};
	call.then(note, note);
	await turns(20);
	return !settled;
}

test('a token has the id of its connection and goes through a structured clone', async t => {
	const {connection, peer} = await ownPair(t);
	const token = structuredClone(connection.remote());
	t.deepEqual(token, {kind: 'cotcp.remote', id: connection.id});
	const remote = RemoteConnection.from(token);
	t.is(remote.id, connection.id);
	await remote.send('hello');
	t.is((await peer.readExactly(5)).toString(), 'hello');
});

for (const {name, value} of wrongTokens) {
	test(`from refuses ${name}`, t => {
		t.throws(() => RemoteConnection.from(value as RemoteToken), {
			instanceOf: TypeError,
			code: 'ERR_INVALID_ARG_TYPE',
			message: /"token"/u,
		});
	});
}

test('send takes what a local send takes, and refuses what that refuses', async t => {
	const {connection, peer} = await ownPair(t);
	const remote = RemoteConnection.from(connection.remote());
	await remote.send('é');
	await remote.send(Buffer.from('b'));
	await remote.send(['c', new Uint8Array([100]), '']);
	await remote.send('');
	await remote.send([]);
	await remote.shutdown();
	t.is((await peer.readAll()).toString(), 'ébcd');
	for (const wrong of [5, null, undefined, {}, new ArrayBuffer(3), [1], new Uint16Array(2)])
		await t.throwsAsync(remote.send(wrong as never), {instanceOf: TypeError, message: /"data/u});
	await t.throwsAsync(remote.send('x', {timeout: -1}), {instanceOf: RangeError, message: /"timeout"/u});
	await t.throwsAsync(remote.send('x', {signal: {} as AbortSignal}), {instanceOf: TypeError, message: /"signal"/u});
	await t.throwsAsync(remote.send('x', 5 as never), {instanceOf: TypeError, message: /"options"/u});
});

test('methods refuse a foreign this', async t => {
	const foreign = Object.create(RemoteConnection.prototype) as RemoteConnection;
	await t.throwsAsync(foreign.send('x'), {instanceOf: TypeError});
	await t.throwsAsync(foreign.shutdown(), {instanceOf: TypeError});
	t.throws(() => foreign.closed, {instanceOf: TypeError});
	t.throws(
		() => {
			foreign.reset();
		},
		{instanceOf: TypeError},
	);
});

test('the memory is copied by the time send returns', async t => {
	const {connection, peer} = await ownPair(t);
	const remote = RemoteConnection.from(connection.remote());
	const bytes = Buffer.alloc(1000, 'a');
	const calls: Array<Promise<void>> = [];
	// More than may be under way: some of them wait in this thread.
	for (let i = 0; i < 1000; i++) calls.push(remote.send(bytes));
	bytes.fill('b');
	const all = await peer.readExactly(1_000_000);
	t.is(all.indexOf('b'), -1);
	await Promise.all(calls);
});

test('sends of one thread keep their order, on whichever object they are made, and shutdown comes behind them', async t => {
	const {connection, peer} = await ownPair(t);
	const remotes = [0, 1, 2].map(() => RemoteConnection.from(connection.remote()));
	const calls: Array<Promise<void>> = [];
	for (let i = 0; i < 3000; i++) calls.push((remotes[i % 3] as RemoteConnection).send(`${i}\n`));
	calls.push((remotes[0] as RemoteConnection).shutdown());
	const lines = (await peer.readAll()).toString().trimEnd().split('\n');
	t.deepEqual(
		lines.map(Number),
		Array.from({length: 3000}, (_, index) => index),
	);
	await Promise.all(calls);
	t.is(connection.state, 'disconnecting');
	await (remotes[1] as RemoteConnection).shutdown();
	await t.throwsAsync((remotes[1] as RemoteConnection).send('x'), {instanceOf: ClosedError, message: /shut down/u});
});

test('messages of another thread are not mixed with local ones', async t => {
	const {connection, peer} = await ownPair(t, {maxPendingBytes: Infinity});
	const remote = RemoteConnection.from(connection.remote());
	const size = 300_000;
	const calls: Array<Promise<void>> = [];
	for (let i = 0; i < 20; i++) {
		calls.push(connection.send(Buffer.alloc(size, 'l')), remote.send(Buffer.alloc(size, 'r')));
		await turns(1);
	}

	const runs = {l: 0, r: 0};
	for (let i = 0; i < 40; i++) {
		const message = await peer.readExactly(size);
		const first = String.fromCharCode(message[0] as number) as 'l' | 'r';
		t.true(message.equals(Buffer.alloc(size, first)));
		runs[first]++;
	}

	t.deepEqual(runs, {l: 20, r: 20});
	await Promise.all(calls);
});

test('behind a send that waits: what there is room for is accepted, the rest waits, and nothing ends the connection', async t => {
	const {connection, peer, remote, head} = await blocked(t, {maxPendingBytes: 2000});
	await within(remote.send(Buffer.alloc(900, '1')), 'the first one to be accepted');
	await within(remote.send(Buffer.alloc(900, '2')), 'the second one to be accepted');
	const third = remote.send(Buffer.alloc(900, '3'));
	const last = remote.send('4');
	t.true(await isPending(third));
	t.is(connection.state, 'connected');
	t.is(connection.stats.pendingBytes, much.length - connection.stats.bytesWritten + 1800);
	peer.receive();
	await head;
	await Promise.all([third, last]);
	await connection.shutdown();
	const all = await peer.readAll();
	const behind = all.subarray(much.length).toString();
	t.is(behind, '1'.repeat(900) + '2'.repeat(900) + '3'.repeat(900) + '4');
});

test('what other threads have waiting does not count against local sends', async t => {
	const {connection, remote} = await blocked(t, {maxPendingBytes: 2000});
	await remote.send(Buffer.alloc(1900));
	const local = connection.send(Buffer.alloc(1800));
	local.catch(() => {});
	await turns(3);
	t.is(connection.state, 'connected');
	const more = [connection.send(Buffer.alloc(800)), connection.send('x')];
	for (const call of more) t.true((await reasonOf(call)) instanceof LimitError);
});

test('one message larger than maxPendingBytes is accepted when nothing else waits', async t => {
	const {remote} = await blocked(t, {maxPendingBytes: 1000});
	await within(remote.send(Buffer.alloc(1_000_000)), 'its acceptance');
	t.true(await isPending(remote.send('x').catch(() => {})));
});

test('aborted while it waits: nothing of it is sent; aborted later: it has been accepted', async t => {
	const {connection, peer, remote, head} = await blocked(t, {maxPendingBytes: 100});
	await remote.send(Buffer.alloc(100, '1'));
	const reason = new Error('enough');
	const aborter = new AbortController();
	const waiting = reasonOf(remote.send('never', {signal: aborter.signal}));
	const inLane = reasonOf(remote.send(Buffer.alloc(300_000, 'n'), {signal: aborter.signal}));
	const late = remote.send('late', {timeout: 20});
	await turns(5);
	aborter.abort(reason);
	t.is(await waiting, reason);
	t.is(await inLane, reason);
	t.true((await reasonOf(late)) instanceof TimeoutError);
	t.is(await reasonOf(remote.send('x', {signal: aborter.signal})), reason);
	const accepted = new AbortController();
	const kept = remote.send('2', {signal: accepted.signal});
	peer.receive();
	await head;
	await kept;
	accepted.abort();
	await connection.shutdown();
	t.is((await peer.readAll()).subarray(much.length).toString(), '1'.repeat(100) + '2');
});

test('timeout 0 rejects: that another thread has taken the bytes cannot be known without waiting', async t => {
	const {connection, peer} = await ownPair(t);
	const remote = RemoteConnection.from(connection.remote());
	t.true((await reasonOf(remote.send('never', {timeout: 0}))) instanceof TimeoutError);
	await remote.shutdown();
	t.is((await peer.readAll()).length, 0);
});

test('reset does not wait for anything, and what waits gets ClosedError', async t => {
	const {connection, remote} = await blocked(t, {maxPendingBytes: 10});
	await remote.send(Buffer.alloc(100));
	const waiting = reasonOf(remote.send('x'));
	const closed = remote.closed;
	remote.reset();
	t.like(await connection.closed, {reason: 'reset'});
	t.true((await waiting) instanceof ClosedError);
	t.deepEqual(await closed, await connection.closed);
	remote.reset();
	t.true((await reasonOf(remote.shutdown())) instanceof ClosedError);
});

test('close of the owner: what was accepted arrives, what waits gets ClosedError', async t => {
	const {connection, peer, remote, head} = await blocked(t, {maxPendingBytes: 10});
	await remote.send('accepted');
	const waiting = reasonOf(remote.send('refused'));
	await turns(3);
	const ending = connection.close({timeout: 20_000});
	peer.receive();
	await head;
	const all = await peer.readAll();
	t.is(all.subarray(much.length).toString(), 'accepted');
	t.true((await waiting) instanceof ClosedError);
	await peer.end();
	await ending;
});

test('closed tells how it ended, with the error in its class, also to those who ask afterwards', async t => {
	const {connection, peer} = await ownPair(t);
	const token = connection.remote();
	const early = RemoteConnection.from(token).closed;
	peer.reset();
	const error = await reasonOf(connection.read());
	t.true(error instanceof BrokenError);
	const info = await within(early, 'its end');
	const own = await connection.closed;
	t.is(info.reason, 'broken');
	t.true(info.error instanceof BrokenError);
	t.like(info.error, {code: 'ECONNRESET', syscall: 'read', port: connection.remoteAddress.port});
	t.is((info.error as Error).message, (own.error as Error).message);
	t.is(info.durationMs, own.durationMs);
	t.like(await RemoteConnection.from(token).closed, {reason: 'broken', durationMs: own.durationMs});
	t.like(await RemoteConnection.from(connection.remote()).closed, {reason: 'broken', durationMs: own.durationMs});
});

test('a connection that asks for its first token after its end has one all the same', async t => {
	const {connection} = await ownPair(t);
	connection.reset();
	const remote = RemoteConnection.from(connection.remote());
	t.like(await remote.closed, {reason: 'reset'});
	t.true((await reasonOf(remote.send('x'))) instanceof ClosedError);
});

test('a token of a connection that never was, here or in a thread that is not there', async t => {
	for (const id of [(5n << 20n) | 1_048_575n, (77_777n << 52n) | (1n << 20n)]) {
		const remote = RemoteConnection.from({kind: 'cotcp.remote', id});
		t.true((await reasonOf(remote.send('x'))) instanceof ClosedError);
		remote.reset();
		const {signal} = new AbortController();
		t.true((await reasonOf(remote.send('x', {signal, timeout: 60_000}))) instanceof ClosedError);
		t.is(getEventListeners(signal, 'abort').length, 0);
		const {reason} = await within(remote.closed, 'an answer');
		t.is(reason, id >> 52n === 0n ? 'closed' : 'aborted');
	}
});

test('a slot that is used again: the old token never reaches the new connection', async t => {
	const {connection, peer} = await ownPair(t);
	const address = peer.localAddress;
	const tokens: RemoteToken[] = [connection.remote()];
	const seen: CoTcpConnection[] = [];
	connection.reset();
	await connection.closed;
	for (let round = 0; round < 60; round++) {
		const next = await connect({host: address.address, port: address.port});
		seen.push(next);
		const slot = next.id & 0xf_ffffn;
		for (const old of tokens.filter(({id}) => (id & 0xf_ffffn) === slot)) {
			const error = await reasonOf(RemoteConnection.from(old).send('for another one'));
			t.true(error instanceof ClosedError);
			RemoteConnection.from(old).reset();
		}

		tokens.push(next.remote());
		await turns(2);
		t.is(next.state, 'connected');
		t.is(next.stats.bytesWritten, 0);
		next.reset();
		await next.closed;
	}

	const slots = new Set(tokens.map(({id}) => id & 0xf_ffffn));
	t.true(slots.size < tokens.length, 'no slot was used again');
});
