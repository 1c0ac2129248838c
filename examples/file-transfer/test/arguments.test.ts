import test from 'ava';
import {clientUsage, parseClientArguments} from '../client-arguments.js';
import {parseServerArguments, serverUsage} from '../server-arguments.js';

test('the server has the defaults that its help tells', t => {
	t.deepEqual(parseServerArguments(['f']), {
		path: 'f',
		style: 'coroutine',
		mode: 'owned',
		port: 2021,
		host: '127.0.0.1',
		framed: false,
	});
	for (const text of [
		'default: owned',
		'default: 2021',
		'default: 127.0.0.1',
		'default: coroutine',
		'--framed',
		'--help',
		'FILE',
	])
		t.true(serverUsage.includes(text), text);
});

test('the server takes every option', t => {
	t.deepEqual(parseServerArguments(['--mode', 'whole', '--port', '0', 'f', '--host', '::1', '--framed']), {
		path: 'f',
		style: 'coroutine',
		mode: 'whole',
		port: 0,
		host: '::1',
		framed: true,
	});
});

test('the server takes the reactor style', t => {
	t.deepEqual(parseServerArguments(['--style', 'reactor', '--mode', 'chunked', 'f']), {
		path: 'f',
		style: 'reactor',
		mode: 'chunked',
		port: 2021,
		host: '127.0.0.1',
	});
});

test('the client has the defaults that its help tells', t => {
	t.deepEqual(parseClientArguments(['h', '1']), {
		host: 'h',
		port: 1,
		output: undefined,
		resume: false,
		timeout: 30_000,
	});
	for (const text of ['default: 30', '--output', '--resume', '--timeout', '--help', 'HOST PORT'])
		t.true(clientUsage.includes(text), text);
});

test('the client takes every option', t => {
	t.deepEqual(parseClientArguments(['h', '65535', '--output', 'o', '--resume', '--timeout', '5']), {
		host: 'h',
		port: 65_535,
		output: 'o',
		resume: true,
		timeout: 5000,
	});
});

test('--help stands above all other arguments', t => {
	t.is(parseServerArguments(['--help', '--mode', 'half']), undefined);
	t.is(parseClientArguments(['--help']), undefined);
});

const refuses = test.macro((t, parse: (args: string[]) => unknown, args: string[], message: RegExp) => {
	t.throws(() => parse(args), {message});
});

const server = parseServerArguments;
test('the server refuses to start without a file', refuses, server, [], /^FILE is missing$/);
test('the server refuses an empty name', refuses, server, [''], /^FILE is missing$/);
test('the server refuses a second file', refuses, server, ['f', 'g'], /there is also 'g'$/);
test(
	'the server refuses an unknown mode',
	refuses,
	server,
	['f', '--mode', 'half'],
	/^--mode must be one of whole, chunked, owned, sendfile, not 'half'$/,
);
test(
	'the server refuses an unknown style',
	refuses,
	server,
	['f', '--style', 'thread'],
	/^--style must be one of coroutine, reactor, not 'thread'$/,
);
test(
	'the server refuses sendfile in reactor style',
	refuses,
	server,
	['f', '--style', 'reactor', '--mode', 'sendfile'],
	/^--mode sendfile needs connection\.sendFile, which --style reactor does not have$/,
);
test(
	'the server refuses the framed protocol in reactor style',
	refuses,
	server,
	['f', '--style', 'reactor', '--framed'],
	/^--framed is there in coroutine style only, not with --style reactor$/,
);
test(
	'the server refuses a port above 65535',
	refuses,
	server,
	['f', '--port', '65536'],
	/^--port must be an integer from 0 to 65535, not '65536'$/,
);
test(
	'the server refuses a port that is no number',
	refuses,
	server,
	['f', '--port', '1e3'],
	/^--port must be .*, not '1e3'$/,
);
test('the server refuses a negative port', refuses, server, ['f', '--port=-1'], /^--port must be .*, not '-1'$/);
test('the server refuses an empty port', refuses, server, ['f', '--port='], /^--port must be .*, not ''$/);
test('the server refuses an empty host', refuses, server, ['f', '--host='], /^--host must not be empty$/);
test('the server refuses an unknown option', refuses, server, ['f', '--speed'], /'--speed'/);
test(
	'the server refuses an option without its value',
	refuses,
	server,
	['f', '--mode'],
	/'--mode <value>' argument missing/,
);

const client = parseClientArguments;
test('the client refuses to start without a host', refuses, client, [], /^HOST is missing$/);
test('the client refuses to start without a port', refuses, client, ['h'], /^PORT is missing$/);
test('the client refuses port 0', refuses, client, ['h', '0'], /^PORT must be an integer from 1 to 65535, not '0'$/);
test('the client refuses a third argument', refuses, client, ['h', '1', 'x'], /there is also 'x'$/);
test(
	'the client refuses a timeout of 0',
	refuses,
	client,
	['h', '1', '--timeout', '0'],
	/^--timeout must be an integer from 1 to 86400, not '0'$/,
);
test('the client refuses an empty output', refuses, client, ['h', '1', '--output='], /^--output must not be empty$/);
