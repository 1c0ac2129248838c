import test from 'ava';
import {commandNames, parseClientArguments} from '../client/arguments.js';
import {clientUsage} from '../client/usage.js';

const server = {host: '127.0.0.1', port: 9981, timeout: 30_000, ids: true};
const file = {server, file: 'f', solutions: undefined, json: false};

test('the client has the defaults that its help tells', t => {
	t.deepEqual(parseClientArguments(['solve']), {command: 'solve', server, grid: undefined});
	t.deepEqual(parseClientArguments(['batch', 'f']), {command: 'batch', ...file, connections: 1});
	t.deepEqual(parseClientArguments(['pipeline', 'f']), {
		command: 'pipeline',
		...file,
		connections: 10,
		depth: 10,
		duration: 10_000,
		requests: Infinity,
	});
	t.deepEqual(parseClientArguments(['load', 'f', '--rate', '5000']), {
		command: 'load',
		...file,
		connections: 10,
		rate: 5000,
		tick: 1,
		duration: 10_000,
		warmup: 1000,
	});
	for (const text of [
		'default: 127.0.0.1',
		'default: 9981',
		'default: 30',
		'default: batch 1, pipeline and load 10',
		...commandNames.map(name => `\n  ${name} `),
	])
		t.true(clientUsage.includes(text), text);
});

test('the client takes every option', t => {
	const common = ['--host', '::1', '--port', '1', '--timeout', '0.5'];
	const withFile = [...common, '--solutions', 's', '--connections', '3', '--no-ids', '--json'];
	const parsed = {
		server: {host: '::1', port: 1, timeout: 500, ids: false},
		file: 'f',
		solutions: 's',
		connections: 3,
		json: true,
	};
	t.deepEqual(parseClientArguments(['solve', 'g', ...common]), {
		command: 'solve',
		server: {...parsed.server, ids: true},
		grid: 'g',
	});
	t.deepEqual(parseClientArguments([...withFile, 'batch', 'f']), {command: 'batch', ...parsed});
	t.deepEqual(parseClientArguments(['pipeline', 'f', ...withFile, '--depth', '7', '--requests', '9']), {
		command: 'pipeline',
		...parsed,
		depth: 7,
		requests: 9,
		duration: Infinity,
	});
	t.deepEqual(
		parseClientArguments([
			'load',
			'f',
			...withFile,
			'--rate',
			'8',
			'--tick',
			'10',
			'--duration',
			'2.5',
			'--warmup',
			'0',
		]),
		{
			command: 'load',
			...parsed,
			rate: 8,
			tick: 10,
			duration: 2500,
			warmup: 0,
		},
	);
});

test('--help stands above all other arguments', t => {
	t.is(parseClientArguments(['--help', 'batch', '--port', 'x']), undefined);
});

const refuses = test.macro((t, args: string[], message: RegExp) => {
	t.throws(() => parseClientArguments(args), {message});
});

test('no command', refuses, [], /^COMMAND is missing: one of solve, batch, pipeline, load$/);
test('an unknown command', refuses, ['x'], /^COMMAND must be one of solve, batch, pipeline, load, not 'x'$/);
test('an unknown option', refuses, ['solve', '--fast'], /'--fast'/);
test('an empty host', refuses, ['solve', '--host='], /^--host must not be empty$/);
test('a port of 0', refuses, ['solve', '--port', '0'], /^--port must be an integer from 1 to 65535, not '0'$/);
test(
	'a timeout of 0',
	refuses,
	['solve', '--timeout', '0'],
	/^--timeout must be seconds, above 0 and up to 86400, not '0'$/,
);
test('a timeout that is no number', refuses, ['solve', '--timeout', '1e3'], /^--timeout must be .*, not '1e3'$/);
test('a second grid', refuses, ['solve', 'a', 'b'], /^only one GRID is expected, but there is also 'b'$/);
test('a second file', refuses, ['batch', 'a', 'b'], /^only one FILE is expected, but there is also 'b'$/);
test('solve with --json', refuses, ['solve', '--json'], /^solve takes no --json$/);
test('solve with --no-ids', refuses, ['solve', '--no-ids'], /^solve takes no --no-ids$/);
test('batch without a file', refuses, ['batch'], /^FILE is missing$/);
test('batch with --rate', refuses, ['batch', 'f', '--rate', '1'], /^batch takes no --rate$/);
test('batch with --duration', refuses, ['batch', 'f', '--duration', '1'], /^batch takes no --duration$/);
test('pipeline with --tick', refuses, ['pipeline', 'f', '--tick', '1'], /^pipeline takes no --tick$/);
test('load with --depth', refuses, ['load', 'f', '--rate', '1', '--depth', '1'], /^load takes no --depth$/);
test('load with --requests', refuses, ['load', 'f', '--rate', '1', '--requests', '1'], /^load takes no --requests$/);
test('an empty --solutions', refuses, ['batch', 'f', '--solutions='], /^--solutions must not be empty$/);
test('no connections', refuses, ['batch', 'f', '--connections', '0'], /^--connections must be .* 1 to 10000, not '0'$/);
test(
	'a depth of 0',
	refuses,
	['pipeline', 'f', '--depth', '0'],
	/^--depth must be an integer from 1 to 100000, not '0'$/,
);
test('a fraction of a request', refuses, ['pipeline', 'f', '--requests', '1.5'], /^--requests must be .*, not '1.5'$/);
test(
	'both duration and requests',
	refuses,
	['pipeline', 'f', '--duration', '1', '--requests', '1'],
	/^--duration and --requests exclude each other$/,
);
test('batch with --warmup', refuses, ['batch', 'f', '--warmup', '1'], /^batch takes no --warmup$/);
test(
	'a warm-up of less than nothing',
	refuses,
	['load', 'f', '--rate', '1', '--warmup=-1'],
	/^--warmup must be seconds/,
);
test('a load without a rate', refuses, ['load', 'f'], /^--rate is missing$/);
test('a rate of 0', refuses, ['load', 'f', '--rate', '0'], /^--rate must be an integer from 1 to 1000000, not '0'$/);
test('a tick of 0', refuses, ['load', 'f', '--rate', '1', '--tick', '0'], /^--tick must be .* 1 to 1000, not '0'$/);
test('a duration of 0', refuses, ['load', 'f', '--rate', '1', '--duration', '0'], /^--duration must be seconds/);
