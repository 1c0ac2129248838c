import {getEventListeners} from 'node:events';
import test, {type ExecutionContext} from 'ava';
import {connect, LimitError, listen, TimeoutError, type CoTcpConnection, type TcpError} from '../../src/index.js';
import {checkDescriptors} from '../support/descriptors.js';
import {rawPair, type PairOptions, type RawPair} from '../support/pairs.js';
import {isSanitized, isSoak} from '../support/scale.js';
import {nextTurn, reasonOf, turns, until, within} from '../support/wait.js';

checkDescriptors(test);

/** More than the kernel takes. */
const much = Buffer.alloc(32 * 1024 * 1024, 'x');
const callBytes = 64;

/** A pair with a send that has its turn and waits for a peer who does not read. */
async function blockedPair(
	t: ExecutionContext,
	options: PairOptions = {},
): Promise<RawPair & {head: Promise<unknown>}> {
	const pair = await rawPair(t, options);
	const head = reasonOf(pair.connection.send(much));
	head.catch(() => {}); // those that are never to fail
	await until(() => pair.connection.stats.bytesWritten > 0, 'its first bytes');
	await turns(3);
	return {...pair, head};
}

async function endOf(connection: CoTcpConnection): Promise<LimitError> {
	const {reason, error} = await within(connection.closed, 'the end');
	if (reason !== 'maxPendingBytes' || !(error instanceof LimitError)) throw new Error(`${reason}: ${String(error)}`);
	return error;
}

for (const madeBy of ['connect', 'a handler', 'accept'] as const) {
	test(`a send that finds too much waiting resets the connection (made by ${madeBy})`, async t => {
		const {connection, head} = await blockedPair(t, {maxPendingBytes: 1000, madeBy});
		const settled: string[] = [];
		const follow = (name: string, call: Promise<unknown>): Promise<TcpError> =>
			reasonOf(call).then(error => {
				settled.push(name);
				return error as TcpError;
			});
		const first = follow('first', connection.send(Buffer.alloc(500)));
		const second = follow('second', connection.send(Buffer.alloc(500)));
		t.is(connection.state, 'connected');
		const third = follow('third', connection.send('x'));
		t.is(connection.state, 'disconnected');
		const error = await endOf(connection);
		t.is(error.name, 'LimitError');
		t.is(error.code, 'ERR_TCP_LIMIT');
		t.is(error.limit, 1000);
		t.is(error.actual, 1000 + 2 * callBytes);
		t.regex(error.message, /1128 .*maxPendingBytes.* 1000/u);
		t.is(error.address, connection.remoteAddress.address);
		t.is(error.cause, undefined);
		for (const pending of [head as Promise<TcpError>, first, second, third]) {
			const rejection: TcpError = await pending;
			t.true(rejection instanceof LimitError);
			t.is(rejection.cause, error);
			t.like(rejection, {actual: error.actual, limit: error.limit});
		}

		t.deepEqual(settled, ['first', 'second', 'third']);
		t.true(((await head) as TcpError).bytesSent > 0);
		t.is((await third).bytesSent, 0);
	});
}

test('exactly as much as the limit may wait', async t => {
	const {connection} = await blockedPair(t, {maxPendingBytes: 1000});
	const ends = [connection.send(Buffer.alloc(1000 - callBytes)), connection.send(Buffer.alloc(1))];
	t.is(connection.state, 'connected');
	ends.push(connection.send(Buffer.alloc(0)));
	t.is(connection.state, 'disconnected');
	t.is((await endOf(connection)).actual, 1000 + 1 + callBytes);
	for (const end of ends) t.true((await reasonOf(end)) instanceof LimitError);
});

test('a message of any size is taken, and the one whose turn it is does not count', async t => {
	const {connection, peer} = await blockedPair(t, {maxPendingBytes: 1});
	const sending = connection.send(Buffer.alloc(8 * 1024 * 1024, 'y'));
	t.is(connection.state, 'connected');
	const received = await peer.readExactly(40 * 1024 * 1024);
	t.is(received.at(-1), 'y'.charCodeAt(0));
	await sending;
	await turns(5);
	t.is(connection.state, 'connected');
});

test('what has had its turn counts no more: slow but steady senders never meet the limit', async t => {
	const {connection, peer} = await rawPair(t, {maxPendingBytes: 200_000});
	const pending: Array<Promise<void>> = [];
	for (let round = 0; round < 200; round++) {
		pending.push(connection.send(Buffer.alloc(100_000)));
		if (pending.length >= 2) await Promise.all([pending.shift(), peer.readExactly(100_000)]);
	}

	await Promise.all([...pending, peer.readExactly(100_000)]);
	t.is(connection.state, 'connected');
});

test('a cancelled send counts no more', async t => {
	const {connection} = await blockedPair(t, {maxPendingBytes: 500});
	for (let round = 0; round < 20; round++) {
		const controller = new AbortController();
		const sending = connection.send(Buffer.alloc(600), {signal: controller.signal});
		controller.abort('enough');
		t.is(await reasonOf(sending), 'enough');
	}

	t.is(connection.state, 'connected');
});

test('the default is 2 MiB', async t => {
	const {connection} = await blockedPair(t);
	const limit = 2 * 1024 * 1024;
	connection.send(Buffer.alloc(limit - callBytes)).catch(() => {});
	void connection.send('');
	t.is(connection.state, 'connected');
	void connection.send('');
	t.is((await endOf(connection)).limit, limit);
});

test('Infinity is no limit', async t => {
	const {connection} = await blockedPair(t, {maxPendingBytes: Infinity});
	for (let round = 0; round < 100_000; round++) connection.send('x').catch(() => {});
	for (let round = 0; round < 10; round++) connection.send(much).catch(() => {});
	await turns(3);
	t.is(connection.state, 'connected');
	t.true(connection.stats.pendingBytes > 10 * much.length);
});

test('sends with options, arrays and sendSome meet the limit as well; a signal of theirs is left alone', async t => {
	for (const call of [
		async (connection: CoTcpConnection, signal: AbortSignal) => connection.send('x', {signal, timeout: 5000}),
		async (connection: CoTcpConnection) => connection.send(['x', Buffer.from('y')]),
		async (connection: CoTcpConnection, signal: AbortSignal) => connection.sendSome(Buffer.from('x'), {signal}),
	]) {
		const {connection} = await blockedPair(t, {maxPendingBytes: 100});
		const controller = new AbortController();
		void connection.send(Buffer.alloc(100));
		t.true((await reasonOf(call(connection, controller.signal))) instanceof LimitError);
		await endOf(connection);
		t.is(getEventListeners(controller.signal, 'abort').length, 0);
	}
});

test('waiting sendSome and flush count, and flush and shutdown are never one too many', async t => {
	const {connection, head} = await blockedPair(t, {maxPendingBytes: 300});
	const some = connection.sendSome(Buffer.alloc(200));
	const flush = connection.flush();
	void connection.flush();
	const shutdown = connection.shutdown();
	t.is(connection.state, 'disconnecting');
	connection.reset();
	for (const call of [some, flush, shutdown, head])
		t.truthy(
			await reasonOf(
				Promise.resolve(call).then(value => {
					if (call === head) throw value;
				}),
			),
		);

	const other = await blockedPair(t, {maxPendingBytes: 300});
	void other.connection.sendSome(Buffer.alloc(200));
	void other.connection.flush();
	void other.connection.send('x');
	t.is((await endOf(other.connection)).actual, 200 + 2 * callBytes);
});

test('a send with timeout 0 does not wait, so it is never one too many', async t => {
	const {connection} = await blockedPair(t, {maxPendingBytes: 10});
	void connection.send('x');
	t.true((await reasonOf(connection.send('y', {timeout: 0}))) instanceof TimeoutError);
	t.is(connection.state, 'connected');
	void connection.send('z');
	await endOf(connection);
});

test('later calls get new errors of that class and code, with the first as cause; bytes that had arrived are read', async t => {
	const {connection, peer} = await blockedPair(t, {maxPendingBytes: 10});
	await peer.send('hello');
	t.is(String(await connection.peek(5)), 'hello');
	void connection.send('x');
	void connection.send('y');
	const error = await endOf(connection);
	t.is(String(await connection.read()), 'hello');
	const seen = new Set<unknown>([error]);
	for (const call of [
		async () => connection.read(),
		async () => connection.read(),
		async () => connection.send('z'),
		async () => connection.send('z', {timeout: 100}),
		async () => connection.sendSome(Buffer.from('z')),
		async () => connection.flush(),
		async () => connection.shutdown(),
	]) {
		const later = (await reasonOf(call)) as LimitError;
		t.true(later instanceof LimitError);
		t.is(later.code, 'ERR_TCP_LIMIT');
		t.is(later.cause, error);
		t.is(later.limit, 10);
		t.false(seen.has(later));
		seen.add(later);
	}

	t.true(connection.signal.aborted);
	t.true(connection.signal.reason instanceof LimitError);
	t.is((await connection.close()).reason, 'maxPendingBytes');
});

test('no listener of signal runs inside the send that is one too many', async t => {
	const {connection} = await blockedPair(t, {maxPendingBytes: 10});
	let isInside = false;
	let told = 0;
	connection.signal.addEventListener('abort', () => {
		t.false(isInside);
		told++;
	});
	void connection.send('x');
	isInside = true;
	void connection.send('y');
	isInside = false;
	await endOf(connection);
	t.is(told, 1);
});

test('it stands in stats.ended, and a handler that lets it escape has not failed', async t => {
	const server = await listen(
		{host: '127.0.0.1', port: 0, maxPendingBytes: 1000, onError: () => t.fail()},
		async connection => {
			void connection.send(much);
			for (;;) {
				void connection.send('x');
				await connection.send(Buffer.alloc(2000), {timeout: 0}).catch((error: unknown) => {
					if (error instanceof LimitError) throw error;
				});
			}
		},
	);
	t.teardown(async () => server.close({timeout: 0}));
	const connection = await connect({host: '127.0.0.1', port: server.address.port});
	const error = (await reasonOf(async () => {
		for await (const chunk of connection) if (server.stats.open === 0 && chunk.length === 0) break;
	})) as TcpError;
	t.is(error.code, 'ECONNRESET');
	t.is(server.stats.ended.maxPendingBytes, 1);
	t.is(server.stats.handlerErrors, 0);
	await connection.closed;
});

const dropped = isSoak ? 1_000_000 : isSanitized ? 50_000 : 200_000;
test.serial(`${dropped} dropped sends of one byte end the connection, and cost little memory`, async t => {
	const {connection} = await blockedPair(t);
	let most = 0;
	const before = process.memoryUsage.rss();
	for (let round = 0; round < dropped; round++) {
		void connection.send('x');
		if (round % 10_000 !== 0) continue;
		most = Math.max(most, process.memoryUsage.rss() - before);
		await nextTurn();
	}

	const error = await endOf(connection);
	t.true(error.actual <= 2 * 1024 * 1024 + callBytes + 1, String(error.actual));
	// AddressSanitizer keeps up to 256 MiB of what is freed, and adds to everything else.
	const limit = isSanitized ? 2000 : 400;
	t.true(most < limit * 2 ** 20, `${(most / 2 ** 20).toFixed(0)} MiB`);
});
