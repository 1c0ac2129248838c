import {createServer, type AddressInfo} from 'node:net';
import {once} from 'node:events';
import test from 'ava';
import {runBatch} from '../client/commands/batch.js';
import {runLoad} from '../client/commands/load.js';
import {runPipeline} from '../client/commands/pipeline.js';
import {solveOne} from '../client/commands/solve.js';
import type {Server} from '../client/exchange.js';
import {formatFaults, formatOutcome, type Outcome} from '../client/report.js';
import type {Workload} from '../client/workload.js';
import {answerTo, data, fileWith, host, hundredGrids, runClient, serve, type Behaviour} from './client-support.js';

const grid = '010620300020004850000010060379000000004000005000000030800400000000050200400130590';
const board = '518627349627394851943815762379581426184263975256749138895472613731956284462138597';

interface Row {
	readonly behave: Behaviour;
	/** A fault that is told. */
	readonly tells: RegExp;
	/** A line of the report. */
	readonly counts: RegExp;
	/** Default: a hundred grids at once, with ids. */
	readonly run?: (server: Server, workload: Workload) => Promise<Outcome>;
	readonly server?: Partial<Server>;
}

const hundredAtOnce = async (server: Server, workload: Workload) =>
	runBatch({server, connections: 1, workload, stream: null});

const finds = test.macro(async (t, {behave, tells, counts, run = hundredAtOnce, server}: Row) => {
	const port = await serve(t, behave);
	const outcome = await run({host, port, timeout: 60_000, ids: true, ...server}, await hundredGrids());
	t.regex(formatFaults(outcome.tally), tells);
	t.regex(formatOutcome(outcome), counts);
	t.false(outcome.tally.isGood, 'the exit code is 1');
});

test('one digit that is wrong in a hundred boards', finds, {
	async behave(asked, connection) {
		const changed = asked.map(one =>
			one.number === 49 ? {...one, answer: `${one.answer.slice(0, 80)}${one.answer.endsWith('1') ? 2 : 1}`} : one,
		);
		await connection.send(answerTo(changed));
	},
	tells: /^wrong answer to line 50 of .*sudoku-1000\.txt: .* (?:twice|become \d): "\d{81}"$/mu,
	counts: /^ok 99, wrong 1, NoSolution 0, ServerTooBusy 0, lost 0$/mu,
});

test('the right boards under the ids of others', finds, {
	async behave(asked, connection) {
		const swapped = asked.map((one, index) => ({...one, answer: asked.at(index - 1)?.answer ?? ''}));
		await connection.send(answerTo(swapped));
	},
	tells: /^wrong answer to line 1 of .* has become \d: /mu,
	counts: /^ok 0, wrong 100, /mu,
});

test('NoSolution for a grid that has one', finds, {
	async behave(asked, connection) {
		await connection.send(answerTo(asked.map(one => (one.number === 0 ? {...one, answer: 'NoSolution'} : one))));
	},
	tells: new RegExp(`^wrong answer to line 1 of .*: NoSolution, but there is one: ${board}$`, 'mu'),
	counts: /^ok 99, wrong 1, NoSolution 0, /mu,
});

test('an answer that never comes', finds, {
	async behave(asked, connection) {
		await connection.send(answerTo(asked.filter(({number}) => number !== 7)));
	},
	tells: /^connection 1: the server was silent for 3 s; 1 answers are lost$/mu,
	counts: /^ok 99, wrong 0, NoSolution 0, ServerTooBusy 0, lost 1$/mu,
	server: {timeout: 3000},
});

test('a server that ends early, in good order', finds, {
	async behave(asked, connection) {
		await connection.send(answerTo(asked.filter(({number}) => number < 10)));
		await connection.shutdown();
	},
	tells: /^connection 1: the server ended the stream; 90 answers are lost$/mu,
	counts: /^ok 10, wrong 0, NoSolution 0, ServerTooBusy 0, lost 90$/mu,
});

test('a server that ends within an answer', finds, {
	async behave(asked, connection) {
		await connection.send(answerTo(asked.filter(({number}) => number < 10)).slice(0, -1));
		await connection.shutdown();
	},
	tells: /^connection 1: the stream ended within a line: "9:\d{81}\\r"; 91 answers are lost$/mu,
	counts: /^ok 9, wrong 0, .* lost 91$/mu,
});

test('a server that resets', finds, {
	behave(_asked, connection) {
		connection.reset();
	},
	tells: /^connection 1: .*(?:reset|ECONNRESET).*; 100 answers are lost$/mu,
	counts: /^ok 0, wrong 0, .* lost 100$/mu,
});

test('an answer twice', finds, {
	async behave(asked, connection) {
		await connection.send(asked.map(one => (one.number === 3 ? answerTo([one, one]) : answerTo([one]))).join(''));
	},
	tells: /^connection 1: an answer that nobody waits for: "3:\d{81}"; 96 answers are lost$/mu,
	counts: /^ok 4, wrong 0, .* lost 96$/mu,
});

test('an answer too many behind the last one', finds, {
	async behave(asked, connection) {
		await connection.send(answerTo(asked));
		await connection.send('NoSolution\r\n');
	},
	tells: /^connection 1: an answer that nobody waits for: "NoSolution"; 0 answers are lost$/mu,
	counts: /^ok 100, wrong 0, .* lost 0$/mu,
});

test('answers out of order where no id tells them apart', finds, {
	async behave(asked, connection) {
		await connection.send(answerTo(asked.toReversed()));
	},
	tells: /^wrong answer to line 1 of /mu,
	counts: /^ok 0, wrong 100, /mu,
	server: {ids: false},
});

test('lines of another protocol', finds, {
	async behave(_asked, connection) {
		await connection.send('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
	},
	tells: /^connection 1: an answer that nobody waits for: "HTTP\/1\.1 400 Bad Request"; 100 answers are lost$/mu,
	counts: /^ok 0, wrong 0, .* lost 100$/mu,
});

test('bytes without end, of which none ends a line', finds, {
	async behave(_asked, connection) {
		for (;;) await connection.send(Buffer.alloc(65_536, 0x1b));
	},
	tells: /^connection 1: no answer, but "(?:\\u001b){100}" and more; 100 answers are lost$/mu,
	counts: /^ok 0, wrong 0, .* lost 100$/mu,
});

test('a refusal', finds, {
	async behave(_asked, connection) {
		await connection.send('Bad Request!\r\n');
		await connection.shutdown();
	},
	tells: /^connection 1: the server refused a request: Bad Request!; 100 answers are lost$/mu,
	counts: /lost 100$/mu,
});

test('a server that does not end the stream when all is answered', finds, {
	async behave(asked, connection) {
		await connection.send(answerTo(asked));
		await connection.closed;
	},
	tells: /^connection 1: the server was silent for 3 s; 0 answers are lost$/mu,
	counts: /^ok 100, .* lost 0$/mu,
	server: {timeout: 3000},
});

test('a server that goes away under a pipeline', finds, {
	async behave(asked, connection) {
		await connection.send(answerTo(asked.slice(0, 2)));
		connection.reset();
	},
	tells: /^connection 2: .*; \d answers are lost$/mu,
	counts: /^closed loop: 2 connections, 5 requests in flight on each$/mu,
	run: async (server, workload) =>
		runPipeline({server, connections: 2, depth: 5, duration: Infinity, requests: Infinity, workload}),
});

test('a server that goes away under a load: what could not be sent is lost as well', finds, {
	behave(_asked, connection) {
		connection.reset();
	},
	tells: /^connection 1: /mu,
	counts: /^ok 0, wrong 0, NoSolution 0, ServerTooBusy 0, lost 100,000$/mu,
	run: async (server, workload) =>
		runLoad({server, rate: 1000, tick: 1, duration: 100_000, warmup: 0, connections: 3, workload}),
});

test('a wrong board for the one grid', async t => {
	const port = await serve(t, async (asked, connection) =>
		connection.send(answerTo(asked.map(one => ({...one, answer: one.answer.replace('5', '6')})))),
	);
	await t.throwsAsync(solveOne({server: {host, port, timeout: 60_000, ids: true}, grid, colours: false}), {
		message: /^wrong answer: row 1 has 6 twice: "6\d{80}"$/u,
	});
});

test('NoSolution for the one grid, which has one', async t => {
	const port = await serve(t, async (asked, connection) =>
		connection.send(answerTo(asked.map(one => ({...one, answer: 'NoSolution'})))),
	);
	await t.throwsAsync(solveOne({server: {host, port, timeout: 60_000, ids: true}, grid, colours: false}), {
		message: `wrong answer: NoSolution, but there is one: ${board}`,
	});
});

test('an overloaded server, which has no board', async t => {
	const port = await serve(t, async (asked, connection) =>
		connection.send(answerTo(asked.map(one => ({...one, answer: 'ServerTooBusy'})))),
	);
	await t.throwsAsync(solveOne({server: {host, port, timeout: 60_000, ids: true}, grid, colours: false}), {
		message: 'the server is too busy',
	});
});

// From here on the program itself.

test.serial('one wrong answer makes the exit code 1, and one that is lost', async t => {
	const port = await serve(t, async (asked, connection) => {
		const [first, ...others] = asked.map(one => (one.number === 1 ? {...one, answer: 'NoSolution'} : one));
		await connection.send(answerTo(first?.number === 0 ? others : asked));
		if (asked.some(({number}) => number === 999)) await connection.shutdown();
	});
	const {code, stdout, stderr} = await runClient(port, 'batch', data.grids);
	t.regex(stderr, /^wrong answer to line 2 of .*sudoku-1000\.txt: NoSolution, but there is one: \d{81}$/mu);
	t.regex(stderr, /^connection 1: the server ended the stream; 1 answers are lost$/mu);
	t.regex(stdout, /^ok 998, wrong 1, NoSolution 0, ServerTooBusy 0, lost 1$/mu);
	t.is(code, 1);
});

test.serial('a server that cannot be reached is told, by solve as well', async t => {
	const server = createServer().listen(0, host);
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	server.close();
	await once(server, 'close');
	const batch = await runClient(port, 'batch', data.grids, '--connections', '3');
	t.is(batch.code, 1);
	t.regex(batch.stderr, /^error: .*ECONNREFUSED/u);
	const one = await runClient(port, 'solve', grid);
	t.deepEqual([one.code, one.stdout], [1, '']);
	t.regex(one.stderr, /^error: .*ECONNREFUSED/u);
});

test.serial('wrong arguments and wrong files come before anything is sent', async t => {
	const short = await fileWith(t, `${grid}\n123\n`);
	const wrongLine = await runClient(1, 'batch', short);
	t.is(wrongLine.code, 1);
	t.is(wrongLine.stderr, `error: ${short}, line 2: a grid has 81 cells, not 3\n`);
	const wrongGrid = await runClient(1, 'solve', '123');
	t.is(wrongGrid.code, 2);
	t.is(wrongGrid.stderr, 'error: a grid has 81 cells, not 3\nTry --help.\n');
	const wrongOption = await runClient(1, 'batch', short, '--rate', '5');
	t.deepEqual([wrongOption.code, wrongOption.stderr], [2, 'error: batch takes no --rate\nTry --help.\n']);
});
