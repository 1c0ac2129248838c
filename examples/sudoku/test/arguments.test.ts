import {availableParallelism} from 'node:os';
import test from 'ava';
import {parseServerArguments, serverUsage} from '../server-arguments.js';

test('the server has the defaults that its help tells', t => {
	t.deepEqual(parseServerArguments([]), {
		port: 9981,
		host: '127.0.0.1',
		kind: 'basic',
		threads: availableParallelism(),
		queue: 16_384,
		http: undefined,
		watch: false,
	});
	for (const text of [
		'default: 9981',
		'default: 127.0.0.1',
		'default: basic',
		'default: one per core',
		'default: 16384',
	])
		t.true(serverUsage.includes(text), text);
});

test('the server takes every option', t => {
	const options = [
		'--port',
		'0',
		'--host',
		'[::1]',
		'--kind',
		'pool',
		'--threads',
		'3',
		'--queue',
		'7',
		'--http',
		'0',
		'--watch',
	];
	t.deepEqual(parseServerArguments(options), {
		port: 0,
		host: '::1',
		kind: 'pool',
		threads: 3,
		queue: 7,
		http: 0,
		watch: true,
	});
	for (const option of options.filter(text => text.startsWith('--'))) t.true(serverUsage.includes(option), option);
});

test('threads are for loops as well', t => {
	t.like(parseServerArguments(['--kind', 'threads', '--threads', '3']), {kind: 'threads', threads: 3});
});

test('--help stands above all other arguments', t => {
	t.is(parseServerArguments(['--help', '--kind', 'none']), undefined);
});

const refuses = test.macro((t, args: string[], message: RegExp) => {
	t.throws(() => parseServerArguments(args), {message});
});

test('a port that is no number', refuses, ['--port', 'x'], /^--port must be an integer from 0 to 65535, not 'x'$/);
test('a port above 65535', refuses, ['--port', '65536'], /^--port must be .*, not '65536'$/);
test('a page port above 65535', refuses, ['--http', '65536'], /^--http must be .*, not '65536'$/);
test('an empty host', refuses, ['--host='], /^--host must not be empty$/);
test('an unknown kind', refuses, ['--kind', 'x'], /^--kind must be one of basic, reactor, pool, threads, not 'x'$/);
test(
	'no thread',
	refuses,
	['--kind', 'pool', '--threads', '0'],
	/^--threads must be an integer from 1 to 256, not '0'$/,
);
test(
	'no queue',
	refuses,
	['--kind', 'pool', '--queue', '0'],
	/^--queue must be an integer from 1 to 1000000, not '0'$/,
);
test('threads without a pool', refuses, ['--threads', '2'], /^--threads is for --kind pool or threads, not basic$/);
test(
	'a queue without a pool',
	refuses,
	['--kind', 'threads', '--queue', '2'],
	/^--queue is for --kind pool, not threads$/,
);
test('an unknown option', refuses, ['--fast'], /'--fast'/);
test('an argument that is no option', refuses, ['9981'], /'9981'/);
