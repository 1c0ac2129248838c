import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {listen, RemoteConnection, type CoTcpConnection} from 'cotcp';
import {until, within} from '../../../test/support/wait.js';
import type {Client, Reply} from '../pool/delivery-book.js';
import {SolverPool, tooBusy, type Outcome, type SolverPoolOptions} from '../pool/solver-pool.js';
import {dial, encodeLines, grids, host, receiveAll, solutions, solvedLines, startServer} from './support.js';

const fragile = new URL('fixtures/fragile-worker.ts', import.meta.url);

/** A pool whose threads write in capitals what they get. */
async function startPool(
	t: ExecutionContext,
	options: Partial<SolverPoolOptions> = {},
): Promise<{pool: SolverPool; errors: string[]}> {
	const errors: string[] = [];
	const onError = (error: unknown) => errors.push(error instanceof Error ? error.message : String(error));
	const pool = await SolverPool.start({threads: 1, queue: 1000, onError, module: fragile, ...options});
	t.teardown(async () => pool.stop());
	return {pool, errors};
}

/** A connection whose other end the threads of a pool can answer. */
async function startClient(
	t: ExecutionContext,
): Promise<{peer: CoTcpConnection; client: Client; sent: Array<[count: number, isLost: boolean]>}> {
	const server = await listen({port: 0, host, maxPendingBytes: 1024 * 1024});
	t.teardown(async () => server.close({timeout: 0}));
	const [connection, peer] = await Promise.all([server.accept(), dial(server.address.port)]);
	t.teardown(() => {
		peer.reset();
	});
	const sent: Array<[number, boolean]> = [];
	const onSent = (count: number, isLost: boolean) => sent.push([count, isLost]);
	return {peer, sent, client: {token: (connection as CoTcpConnection).remote(), onSent}};
}

async function solved(pool: SolverPool, grid: string, reply?: Reply): Promise<Outcome> {
	const outcome = new Promise<Outcome>(resolve => {
		if (!pool.solve(grid, resolve, reply)) resolve(tooBusy);
	});
	return within(outcome, `the outcome of ${grid}`, 60_000);
}

test('the pool solves in several threads, each grid once', async t => {
	const {pool, errors} = await startPool(t, {threads: 3});
	const words = Array.from({length: 1000}, (_, index) => `w${index}`);
	const outcomes = await Promise.all(words.map(async word => solved(pool, word)));
	t.deepEqual(
		outcomes,
		words.map(word => word.toUpperCase()),
	);
	t.is(await solved(pool, 'none'), undefined);
	t.is(pool.count, 0);
	t.deepEqual(errors, []);
});

test('the pool refuses what its queue has no room for, and takes more when there is room', async t => {
	const {pool} = await startPool(t, {queue: 5});
	const outcomes = Array.from({length: 8}, async (_, index) => solved(pool, `w${index}`));
	t.is(pool.count, 5);
	t.deepEqual(await Promise.all(outcomes), ['W0', 'W1', 'W2', 'W3', 'W4', tooBusy, tooBusy, tooBusy]);
	t.is(await solved(pool, 'again'), 'AGAIN');
});

test('a grid that a thread dies of is given to another one, then given up; those beside it are solved', async t => {
	const {pool, errors} = await startPool(t);
	const outcomes = await Promise.all(['a', 'die', 'b'].map(async word => solved(pool, word)));
	t.deepEqual(outcomes, ['A', tooBusy, 'B']);
	t.deepEqual(errors, ['it died of a grid', 'it died of a grid']);
	t.is(await solved(pool, 'c'), 'C');
	t.is(pool.count, 0);
});

test('a thread that exits is replaced as one that throws', async t => {
	const {pool, errors} = await startPool(t, {threads: 2});
	t.is(await solved(pool, 'exit'), tooBusy);
	t.deepEqual(errors, ['a solver thread has ended', 'a solver thread has ended']);
	t.is(await solved(pool, 'c'), 'C');
});

test('what was with a thread that died is solved by the next one', async t => {
	const folder = await mkdtemp(join(tmpdir(), 'cotcp-sudoku-'));
	t.teardown(async () => rm(folder, {recursive: true}));
	const {pool, errors} = await startPool(t);
	const words = ['a', `once ${join(folder, 'died')}`, 'b', 'c'];
	const outcomes = await Promise.all(words.map(async word => solved(pool, word)));
	t.deepEqual(
		outcomes,
		words.map(word => word.toUpperCase()),
	);
	t.deepEqual(errors, ['it died once']);
});

test('a thread sends an answer itself where it is told to whom, once for all of a batch', async t => {
	const {pool} = await startPool(t);
	const {peer, client, sent} = await startClient(t);
	// A thread has two batches at a time; what comes behind them becomes one.
	const words = ['first', 'a', 'none', 'b'];
	const outcomes = words.map(async (word, index) => solved(pool, word, {client, id: `i${index}`}));
	t.is(await solved(pool, 'mine'), 'MINE');
	await Promise.all(outcomes);
	const text = 'i0:FIRST\r\ni1:A\r\ni2:NoSolution\r\ni3:B\r\n';
	t.is(String(await within(peer.readExactly(text.length), 'the answers', 60_000)), text);
	await until(() => sent.length === 3, 'all deliveries', 60_000);
	t.deepEqual(sent, [
		[1, false],
		[1, false],
		[2, false],
	]);
	t.is(
		await within(
			peer.read({timeout: 0}).catch(() => 'nothing'),
			'no byte more',
		),
		'nothing',
	);
});

test('a client that does not read holds up no thread, and what dies with a thread is told to be lost', async t => {
	const {pool} = await startPool(t);
	const {client, sent} = await startClient(t);
	const long = 'x'.repeat(1024 * 1024);
	const count = 12;
	// All of them are solved, though the queue of the connection takes but the first.
	for (let index = 0; index < count; index++) await solved(pool, long, {client, id: `i${index}`});
	t.is(await solved(pool, 'a'), 'A');
	const taken = sent.length;
	t.true(taken < count, `${taken} were taken`);
	t.is(await solved(pool, 'exit'), tooBusy);
	t.is(sent.length, count);
	t.true(sent.slice(-1).every(([, isLost]) => isLost));
});

test('the answers of a client that has gone are told to be lost', async t => {
	const {pool} = await startPool(t);
	const {peer, client, sent} = await startClient(t);
	peer.reset();
	t.is((await within(RemoteConnection.from(client.token).closed, 'the reset', 60_000)).reason, 'broken');
	t.is(await solved(pool, 'a', {client, id: 'i'}), 'A');
	await until(() => sent.length > 0, 'the news', 60_000);
	t.deepEqual(sent, [[1, true]]);
});

test("an answer that the pool is too busy for is nobody else's to send", async t => {
	const {pool} = await startPool(t);
	const {peer, client, sent} = await startClient(t);
	t.is(await solved(pool, 'die', {client, id: 'i'}), tooBusy);
	t.is(await solved(pool, 'a', {client, id: 'j'}), 'A');
	t.is(await within(peer.readLine(), 'the other answer', 60_000), 'j:A');
	await until(() => sent.length > 0, 'the delivery', 60_000);
	t.deepEqual(sent, [[1, false]]);
});

test('a pool whose threads cannot begin does not start', async t => {
	const module = new URL('fixtures/stillborn-worker.ts', import.meta.url);
	await t.throwsAsync(startPool(t, {module, threads: 2}), {message: /ended before it was ready, with exit code 5$/});
});

test('pool: an overloaded server says so, with the id, and in the order of those without', async t => {
	await using server = await startServer('pool', {threads: 1, queue: 3});
	const connection = await dial(server.port);
	const count = 500;
	const idOf = (index: number) => (index % 2 === 0 ? '' : `i${index}`);
	const lines = grids
		.slice(0, count)
		.map((grid, index) => `${idOf(index) === '' ? '' : `${idOf(index)}:`}${grid}\r\n`);
	const answers = receiveAll(connection);
	await Promise.all([connection.send(lines.join('')), connection.shutdown()]);
	const got = (await within(answers, 'all answers', 60_000)).split('\r\n').slice(0, -1);
	t.is(got.length, count);
	const withIds = new Map(got.filter(line => line.includes(':')).map(line => line.split(':') as [string, string]));
	const without = got.filter(line => !line.includes(':'));
	t.is(withIds.size, count / 2);
	let dropped = 0;
	for (let index = 0; index < count; index++) {
		const answer = index % 2 === 0 ? without[index / 2] : withIds.get(idOf(index));
		if (answer === 'ServerTooBusy') dropped++;
		else t.is(answer, solutions[index], `answer ${index}`);
	}

	t.true(dropped > 0 && dropped < count);
	const numbers = server.statistics.snapshot();
	t.is(numbers.dropped, dropped);
	t.is(numbers.solved, count - dropped);
	await connection.close();
});

test('pool: clients that share the queue are slowed down instead of being told that they are too fast', async t => {
	await using server = await startServer('pool', {threads: 1, queue: 400});
	const count = 300;
	const connections = await Promise.all([1, 2, 3].map(async () => dial(server.port)));
	const all = connections.map(async connection => {
		const answers = receiveAll(connection);
		await Promise.all([connection.send(encodeLines(grids.slice(0, count))), connection.shutdown()]);
		return within(answers, 'all answers', 60_000);
	});
	for (const text of await Promise.all(all)) t.true(text === solvedLines(solutions.slice(0, count)));
	t.is(server.statistics.snapshot().dropped, 0);
});
