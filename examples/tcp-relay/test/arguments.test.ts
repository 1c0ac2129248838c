import test from 'ava';
import {parseRelayArguments, relayUsage} from '../relay-arguments.js';

test('the relay has the defaults that its help tells', t => {
	t.deepEqual(parseRelayArguments(['8080', 'example.org', '80']), {
		style: 'coroutine',
		listenOn: {host: '127.0.0.1', port: 8080},
		target: {host: 'example.org', port: 80},
	});
	for (const text of ['default: coroutine', 'default: 127.0.0.1', '--help', 'LISTEN-PORT HOST PORT'])
		t.true(relayUsage.includes(text), text);
});

test('the relay takes every option, and IPv6 addresses with and without brackets', t => {
	t.deepEqual(parseRelayArguments(['--style', 'reactor', '0', '[::1]', '65535', '--host', '::']), {
		style: 'reactor',
		listenOn: {host: '::', port: 0},
		target: {host: '::1', port: 65_535},
	});
});

test('--help stands above all other arguments', t => {
	t.is(parseRelayArguments(['--help', '--style', 'none']), undefined);
});

const refuses = test.macro((t, args: string[], message: RegExp) => {
	t.throws(() => parseRelayArguments(args), {message});
});

test('a missing listen port', refuses, [], /^LISTEN-PORT is missing$/);
test('a missing host', refuses, ['0'], /^HOST is missing$/);
test('a missing port', refuses, ['0', 'h'], /^PORT is missing$/);
test('a fourth argument', refuses, ['0', 'h', '1', 'x'], /there is also 'x'$/);
test('an empty host', refuses, ['0', '', '1'], /^HOST must not be empty$/);
test('empty brackets', refuses, ['0', '[]', '1'], /^HOST must not be empty$/);
test('an empty --host', refuses, ['0', 'h', '1', '--host='], /^--host must not be empty$/);
test('a listen port that is no number', refuses, ['http', 'h', '1'], /^LISTEN-PORT must be .* 0 to 65535, not 'http'$/);
test('a listen port above 65535', refuses, ['65536', 'h', '1'], /^LISTEN-PORT must be .*, not '65536'$/);
test('port 0 of the target', refuses, ['0', 'h', '0'], /^PORT must be an integer from 1 to 65535, not '0'$/);
test(
	'an unknown style',
	refuses,
	['0', 'h', '1', '--style', 'x'],
	/^--style must be one of coroutine, reactor, not 'x'$/,
);
test('an unknown option', refuses, ['0', 'h', '1', '--fast'], /'--fast'/);
