import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import process from 'node:process';
import {Writable} from 'node:stream';
import test from 'ava';
import {countTests} from '../../scripts/gate/count-tests.js';
import {failedNames} from '../../scripts/gate/failed-names.js';
import {runRound} from '../../scripts/gate/run-round.js';
import {runStep, type Step} from '../../scripts/gate/run-step.js';

const counts = test.macro((t, output: string, passed: number, failed: number) => {
	t.deepEqual(countTests(output), {passed, failed});
});

test('nothing is counted in other output', counts, 'Checking formatting...\n3 files, no problems\n', 0, 0);
test('the sum of ava is counted', counts, '  ✔ a\n  ✔ b\n  ─\n\n  2 tests passed\n', 2, 0);
test('one test is counted', counts, '\n  1 test passed [10:11:12]\n', 1, 0);
test('colours do not matter', counts, '\n  \u{1b}[32m2 tests passed\u{1b}[39m\n', 2, 0);
test(
	'ava leaves out the sum when a test has failed, so its ticks are counted',
	counts,
	'  ✔ a › b\n  ✘ [fail]: c\n  ✔ d (1s)\n  ─\n\n  1 test failed\n  2 hooks failed\n',
	2,
	3,
);
test(
	'skipped tests, todos, timeouts, expected failures and stray errors count as failed',
	counts,
	'  3 tests passed\n  1 known failure\n  2 tests skipped\n  1 test todo\n  1 unhandled rejection\n  2 uncaught exceptions\n  4 tests remained pending after a timeout\n',
	3,
	11,
);
test('programs of ctest are counted', counts, '100% tests passed, 0 tests failed out of 12\n', 12, 0);
test('failed programs of ctest are counted', counts, '83% tests passed, 2 tests failed out of 12\n', 10, 2);
test(
	'skipped programs of ctest count as failed',
	counts,
	'2/2 Test #2: b ......***Skipped   0.01 sec\n100% tests passed, 0 tests failed out of 2\n',
	1,
	1,
);
test('several runs are added up', counts, '100% tests passed, 0 tests failed out of 2\n  5 tests passed\n', 7, 0);
test('examples are counted', counts, '\n  4 examples passed\n  1 examples failed\n', 4, 1);

test('the names of what did not pass are kept, each once', t => {
	const output = [
		'  ✔ a › b',
		'  \u{1b}[31m✘ [fail]: c › d\u{1b}[39m',
		'  - [skip] e › f',
		'  ✘ [fail]: c › d',
		'✘ Timed out while running tests',
		'The following tests FAILED:',
		'\t  3 - loop_test (Failed)',
		'\t 12 - tcp_test_poll (SEGFAULT)',
		'Errors while running CTest',
	].join('\n');
	t.deepEqual(failedNames(output), [
		'✘ [fail]: c › d',
		'- [skip] e › f',
		'✘ Timed out while running tests',
		'3 - loop_test (Failed)',
		'12 - tcp_test_poll (SEGFAULT)',
	]);
});

/** What steps print here must not be taken for the result of this suite. */
const silent = (): Writable => new Writable({write: (_chunk, _encoding, done) => done()});

const step = (code: string, rest: Partial<Step> = {}): Step => ({
	name: 'step',
	command: [process.execPath, '-e', code],
	limitMinutes: 1,
	hasTests: false,
	...rest,
});

test('a step that ends well has no problem', async t => {
	const result = await runStep(step('console.log("  7 tests passed")', {hasTests: true}), silent());
	t.like(result, {name: 'step', testsPassed: 7, testsFailed: 0, problem: undefined});
});

const fails = test.macro(async (t, failing: Step, problem: RegExp) => {
	const result = await runStep(failing, silent());
	t.regex(result.problem ?? 'passed', problem);
});

test('a step fails by its exit code', fails, step('process.exit(4)'), /^exit code 4$/u);
test('a step fails by a signal', fails, step('process.kill(process.pid, "SIGTERM")'), /^ended by SIGTERM$/u);
test(
	'a step fails by a skipped test',
	fails,
	step('console.log("  1 test skipped")'),
	/^1 tests failed or were skipped$/u,
);
test('a step of tests fails without a test', fails, step('', {hasTests: true}), /^no test ran$/u);
test('a step fails when it cannot be started', fails, {...step(''), command: ['/nonexistent/program']}, /ENOENT/u);
test(
	'a step fails at its limit',
	fails,
	step('setInterval(() => {}, 1000)', {limitMinutes: 0.005}),
	/^not done after .*, ended by SIGINT$/u,
);

test('a step tells at its limit what it was waiting for', async t => {
	const code = 'trap "echo \'  ◌ one that hangs\'; exit 1" INT; while :; do sleep 0.1; done';
	const hangs: Step = {...step(''), command: ['sh', '-c', code], limitMinutes: 0.05};
	const {problem, failedNames: names} = await runStep(hangs, silent());
	t.regex(problem ?? 'passed', /^not done after .*, exit code 1$/u);
	t.deepEqual(names, ['◌ one that hangs']);
});

test("the steps of a round run at once, and each one's output stays together", async t => {
	// Each waits for the file of the other one.
	const directory = await mkdtemp(join(tmpdir(), 'cotcp-gate-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	const waitsFor = (own: string, other: string): string => `
		const fs = require('node:fs');
		console.log('${own} begins');
		fs.writeFileSync(${JSON.stringify(directory)} + '/${own}', '');
		const look = () => fs.existsSync(${JSON.stringify(directory)} + '/${other}') ? console.log('${own} ends') : setTimeout(look, 5);
		look();`;
	let log = '';
	const output = new Writable({
		write(chunk, _encoding, done) {
			log += String(chunk);
			done();
		},
	});
	const results = await runRound(
		[
			{...step(waitsFor('a', 'b')), name: 'first'},
			{...step(waitsFor('b', 'a')), name: 'second'},
		],
		output,
	);
	t.deepEqual(
		results.map(({name, problem}) => [name, problem]),
		[
			['first', undefined],
			['second', undefined],
		],
	);
	t.is(log, '\n=== first\na begins\na ends\n\n=== second\nb begins\nb ends\n');
});

test('a round tells which of its steps has failed', async t => {
	const results = await runRound([step(''), step('process.exit(4)')], silent());
	t.deepEqual(
		results.map(({problem}) => problem),
		[undefined, 'exit code 4'],
	);
});
