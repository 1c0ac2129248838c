/** The client as a program against the server as a program. */
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {startProgram, type ListeningProgram} from '../../shared/child-program.js';
import {kindNames} from '../server-arguments.js';
import {data, fileWith, runClient} from './client-support.js';

const program = fileURLToPath(new URL('../server.ts', import.meta.url));
const servers = new Map<string, ListeningProgram>();

test.before(async () => {
	for (const kind of kindNames) servers.set(kind, await startProgram(program, ['--port', '0', '--kind', kind]));
});

test.after.always(async () => {
	for (const server of servers.values()) await server.stop('SIGKILL');
});

async function run(kind: string, ...args: string[]) {
	return runClient(servers.get(kind)?.port ?? 0, ...args);
}

test.serial('one grid with dots, in rows, is drawn as a board', async t => {
	const rows = '.1.62.3..\n.2...485.\n....1..6.\n379......\n..4.....5\n.......3.\n8..4.....\n....5.2..\n4..13.59.';
	const {code, stdout, stderr} = await run('basic', 'solve', rows);
	t.deepEqual([code, stderr], [0, '']);
	t.deepEqual(stdout.split('\n').slice(0, 2), ['┌─────────┬─────────┬─────────┐', '│ 5 [1] 8 │[6][2] 7 │[3] 4  9 │']);
	t.true(stdout.endsWith('[given], found\n'));
});

test.serial('a grid without a solution is exit code 1', async t => {
	const {code, stdout, stderr} = await run('basic', 'solve', `55${'.'.repeat(79)}`);
	t.deepEqual([code, stdout, stderr], [1, '', 'error: the grid has no solution\n']);
});

for (const kind of kindNames) {
	test.serial(`batch against ${kind}: a thousand grids on 3 connections, as in the solutions file`, async t => {
		const args = ['batch', data.grids, '--solutions', data.solutions, '--connections', '3'];
		const {code, stdout, stderr} = await run(kind, ...args);
		t.is(stderr.trimEnd().split('\n').at(-1), '100 % | 3,000 of 3,000 answers');
		t.regex(stdout, /^3,000 answers in \d+\.\d{3} s: [\d,]+ per second\nok 3,000, wrong 0, .* lost 0\n$/u);
		t.is(code, 0);
	});
}

test.serial('batch without ids against the pool: its answers come in order', async t => {
	const {code, stdout} = await run('pool', 'batch', data.grids, '--solutions', data.solutions, '--no-ids');
	t.regex(stdout, /^ok 1,000, wrong 0, /mu);
	t.is(code, 0);
});

test.serial('pipeline tells rate, percentiles and a chart', async t => {
	const {code, stdout, stderr} = await run('basic', 'pipeline', data.grids, '--requests', '3000', '--depth', '5');
	t.deepEqual([code, stderr], [0, '']);
	t.regex(
		stdout,
		/^3,000 answers in .*: [\d,]+ per second\nok 3,000, wrong 0, NoSolution 0, ServerTooBusy 0, lost 0\n/u,
	);
	t.regex(stdout, /^latency: p50 [\d.]+ ms, p90 [\d.]+ ms, p99 [\d.]+ ms, max [\d.]+ ms$/mu);
	t.regex(stdout, /^closed loop: 10 connections, 5 requests in flight on each$/mu);
	t.regex(stdout, /^ +[\d.]+ to +[\d.]+ ms \| +#+ +[\d,]+$/mu);
});

test.serial('load sends all that was planned, and none is lost; for programs there is a line of JSON', async t => {
	const args = ['load', data.grids, '--rate', '1000', '--duration', '1', '--warmup', '0.5', '--tick', '5', '--json'];
	const {code, stdout, stderr} = await run('reactor', ...args);
	t.deepEqual([code, stderr], [0, '']);
	const report = JSON.parse(stdout) as Record<string, unknown>;
	t.deepEqual(
		[report['ok'], report['wrong'], report['noSolution'], report['tooBusy'], report['lost'], report['failures']],
		[1000, 0, 0, 0, 0, 0],
	);
	t.true((report['seconds'] as number) >= 0.995, 'not early');
});

test.serial('a solutions file that is wrong in one line is an answer that is wrong', async t => {
	const grid = '0'.repeat(81);
	const grids = await fileWith(t, `${grid}\n`);
	const solutions = await fileWith(t, 'NoSolution\n');
	const {code, stdout, stderr} = await run('basic', 'batch', grids, '--solutions', solutions);
	t.regex(stderr, /^wrong answer to line 1 of .*: a solution, but the solutions file says NoSolution: "\d{81}"$/mu);
	t.regex(stdout, /^ok 0, wrong 1, /mu);
	t.is(code, 1);
});

test.serial('help is on stdout', async t => {
	const {code, stdout, stderr} = await run('basic', '--help');
	t.deepEqual([code, stderr], [0, '']);
	t.regex(stdout, /^Usage: /u);
});
