import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {within} from '../../../test/support/wait.js';
import {SolverPool, tooBusy, type Outcome, type SolverPoolOptions} from '../pool/solver-pool.js';
import {dial, encodeLines, grids, receiveAll, solutions, solvedLines, startServer} from './support.js';

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

async function solved(pool: SolverPool, grid: string): Promise<Outcome> {
	const outcome = new Promise<Outcome>(resolve => {
		if (!pool.solve(grid, resolve)) resolve(tooBusy);
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
