import test from 'ava';
import {runBatch} from '../client/commands/batch.js';
import {runLoad} from '../client/commands/load.js';
import {runPipeline} from '../client/commands/pipeline.js';
import {drawBoard, plainStyle} from '../client/board.js';
import {solveOne} from '../client/commands/solve.js';
import {answerTo, host, hundredGrids, serve, workloadOf} from './client-support.js';

const timeout = 60_000;
const unsolvable = `55${'0'.repeat(79)}`;

function serverAt(port: number, ids = true) {
	return {host, port, timeout, ids};
}

test('one grid is solved and drawn', async t => {
	const port = await serve(t, async (asked, connection) => connection.send(answerTo(asked)));
	const {grids} = await hundredGrids();
	const grid = grids[0] ?? '';
	const board = '518627349627394851943815762379581426184263975256749138895472613731956284462138597';
	t.is(await solveOne({server: serverAt(port), grid, colours: false}), drawBoard(board, grid, plainStyle));
});

test('a grid without a solution is told', async t => {
	const port = await serve(t, async (asked, connection) => connection.send(answerTo(asked)));
	await t.throwsAsync(solveOne({server: serverAt(port), grid: unsolvable, colours: false}), {
		message: 'the grid has no solution',
	});
});

test('in a batch each connection asks for all grids, in order', async t => {
	const seen = new Map<unknown, string[]>();
	const port = await serve(t, async (asked, connection) => {
		seen.set(connection, [...(seen.get(connection) ?? []), ...asked.map(({grid}) => grid)]);
		await connection.send(answerTo(asked));
	});
	const workload = await hundredGrids();
	const {tally} = await runBatch({server: serverAt(port), connections: 3, workload, stream: null});
	t.deepEqual([...seen.values()], new Array(3).fill(workload.grids));
	t.is(tally.counts.ok, 300);
	t.true(tally.isGood);
});

test('answers out of order are right where ids tell them apart', async t => {
	const port = await serve(t, async (asked, connection) => connection.send(answerTo(asked.toReversed())));
	const {tally} = await runBatch({
		server: serverAt(port),
		connections: 2,
		workload: await hundredGrids(),
		stream: null,
	});
	t.is(tally.counts.ok, 200);
	t.true(tally.isGood);
});

test('answers in pieces of a few bytes are right, and without ids', async t => {
	const ids: string[] = [];
	const port = await serve(t, async (asked, connection) => {
		ids.push(...asked.map(({id}) => id));
		for (const piece of answerTo(asked).match(/[^]{1,7}/gu) ?? []) await connection.send(piece);
	});
	const {tally} = await runBatch({
		server: serverAt(port, false),
		connections: 1,
		workload: await hundredGrids(),
		stream: null,
	});
	t.is(tally.counts.ok, 100);
	t.true(tally.isGood);
	t.deepEqual(ids, new Array(100).fill(''));
});

test('NoSolution is a good answer to a grid that has none, and ServerTooBusy is no wrong one', async t => {
	const port = await serve(t, async (asked, connection) =>
		connection.send(answerTo(asked.map(one => (one.number === 0 ? {...one, answer: 'ServerTooBusy'} : one)))),
	);
	const {tally} = await runBatch({
		server: serverAt(port),
		connections: 1,
		workload: workloadOf([unsolvable, unsolvable, '0'.repeat(81)]),
		stream: null,
	});
	t.deepEqual(tally.counts, {ok: 1, wrong: 0, noSolution: 1, tooBusy: 1});
	t.true(tally.isGood);
});

test('a pipeline has so many in flight on each connection, never more, and asks for as many as were ordered', async t => {
	const inFlight: number[] = [];
	const port = await serve(t, async (asked, connection) => {
		inFlight.push(asked.length);
		await connection.send(answerTo(asked));
	});
	const outcome = await runPipeline({
		server: serverAt(port),
		connections: 4,
		depth: 7,
		requests: 1001,
		duration: Infinity,
		workload: await hundredGrids(),
	});
	t.is(outcome.tally.counts.ok, 1001);
	t.true(outcome.tally.isGood);
	t.is(outcome.latencies?.count, 1001);
	t.is(Math.max(...inFlight), 7);
	t.is(
		inFlight.reduce((sum, count) => sum + count, 0),
		1001,
	);
});

test('more connections than requests: some have nothing to do', async t => {
	const port = await serve(t, async (asked, connection) => connection.send(answerTo(asked)));
	const {tally} = await runPipeline({
		server: serverAt(port),
		connections: 10,
		depth: 2,
		requests: 3,
		duration: Infinity,
		workload: await hundredGrids(),
	});
	t.is(tally.counts.ok, 3);
	t.true(tally.isGood);
});

test('a pipeline ends after its time, with all answers', async t => {
	let asked = 0;
	const port = await serve(t, async (requests, connection) => {
		asked += requests.length;
		await connection.send(answerTo(requests));
	});
	const outcome = await runPipeline({
		server: serverAt(port),
		connections: 2,
		depth: 3,
		requests: Infinity,
		duration: 300,
		workload: await hundredGrids(),
	});
	t.true(asked > 6);
	t.is(outcome.tally.counts.ok, asked);
	t.true(outcome.tally.isGood);
});

test('a load sends exactly what was planned, dealt out evenly', async t => {
	const counts = new Map<unknown, number>();
	const port = await serve(t, async (asked, connection) => {
		counts.set(connection, (counts.get(connection) ?? 0) + asked.length);
		await connection.send(answerTo(asked));
	});
	const outcome = await runLoad({
		server: serverAt(port),
		rate: 2000,
		tick: 5,
		duration: 500,
		warmup: 0,
		connections: 4,
		workload: await hundredGrids(),
	});
	t.is(outcome.tally.counts.ok, 1000);
	t.true(outcome.tally.isGood);
	t.is(outcome.latencies?.count, 1000);
	t.true(outcome.elapsedMs >= 495, 'the last tick is not early');
	t.deepEqual([...counts.values()], [250, 250, 250, 250]);
});

test('of a warm-up only what is wrong counts', async t => {
	let asked = 0;
	const port = await serve(t, async (requests, connection) => {
		asked += requests.length;
		await connection.send(
			answerTo(requests.map(one => (one.number === 10 ? {...one, answer: '0'.repeat(81)} : one))),
		);
	});
	const {tally, latencies} = await runLoad({
		server: serverAt(port),
		rate: 1000,
		tick: 5,
		duration: 200,
		warmup: 300,
		connections: 2,
		workload: await hundredGrids(),
	});
	t.is(asked, 500);
	t.deepEqual(tally.counts, {ok: 200, wrong: 1, noSolution: 0, tooBusy: 0});
	t.is(latencies?.count, 200);
});

// A pause of a second in a run of half a second: what was due in the first half of it waits for at least half a second.
const pauseMs = 1000;
const paused = {rate: 1000, tick: 1, duration: 500, warmup: 0, connections: 1};

test.serial('a server that pauses: all requests that were due meanwhile have waited', async t => {
	const port = await serve(t, async (asked, connection) => {
		if (asked[0]?.number === 0) await new Promise(resolve => setTimeout(resolve, pauseMs));
		await connection.send(answerTo(asked));
	});
	const {latencies, tally} = await runLoad({server: serverAt(port), ...paused, workload: await hundredGrids()});
	t.is(tally.counts.ok, 500);
	t.true((latencies?.percentile(0.1) ?? 0) >= pauseMs - paused.duration);
});

test.serial('a generator that is held up: what it sends late counts from when it was due', async t => {
	const port = await serve(t, async (asked, connection) => {
		if (asked[0]?.number === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
		await connection.send(answerTo(asked));
	});
	const {latencies, tally, notes} = await runLoad({
		server: serverAt(port),
		...paused,
		workload: await hundredGrids(),
	});
	t.is(tally.counts.ok, 500);
	t.true((latencies?.percentile(0.1) ?? 0) >= pauseMs - paused.duration);
	const late = Number(/late by (?<ms>[\d.]+) ms/u.exec(notes.join('\n'))?.groups?.['ms']);
	t.true(late >= pauseMs - paused.duration, `late by ${late} ms`);
});

test('a closed loop is held up by the same pause once', async t => {
	const port = await serve(t, async (asked, connection) => {
		if (asked[0]?.number === 0) await new Promise(resolve => setTimeout(resolve, pauseMs));
		await connection.send(answerTo(asked));
	});
	const {latencies} = await runPipeline({
		server: serverAt(port),
		connections: 1,
		depth: 1,
		requests: 500,
		duration: Infinity,
		workload: await hundredGrids(),
	});
	t.true((latencies?.max ?? 0) >= pauseMs);
	t.true((latencies?.percentile(0.5) ?? Infinity) < pauseMs);
});

test('no answer is missed while none is due', async t => {
	// The connection is silent for four seconds, more than the limit for an answer that is due.
	const port = await serve(t, async (asked, connection) => connection.send(answerTo(asked)));
	const {tally} = await runLoad({
		server: {...serverAt(port), timeout: 3000},
		rate: 0.25,
		tick: 100,
		duration: 8000,
		warmup: 0,
		connections: 1,
		workload: await hundredGrids(),
	});
	t.is(tally.counts.ok, 2);
	t.true(tally.isGood);
});
