import {Buffer} from 'node:buffer';
import test from 'ava';
import {answer, type Store} from '../commands.js';
import {encodeReply} from '../reply.js';

/** The bytes that a client sees; '' for no answer. */
function ask(store: Store, ...words: string[]): string {
	const reply = answer(
		store,
		words.map(word => Buffer.from(word, 'latin1')),
	);
	if (reply === undefined) return '';
	const bytes = [encodeReply(reply)].flat();
	return Buffer.concat(bytes.map(piece => Buffer.from(piece as Uint8Array))).toString('latin1');
}

const wrongNumber = (name: string) => `-ERR wrong number of arguments for '${name}' command\r\n`;

const answers = test.macro((t, requests: ReadonlyArray<readonly string[]>, expected: readonly string[]) => {
	const store: Store = new Map();
	t.deepEqual(
		requests.map(words => ask(store, ...words)),
		expected,
	);
});
test('PING answers PONG, or its text', answers, [['PING'], ['ping', 'x y']], ['+PONG\r\n', '$3\r\nx y\r\n']);
test(
	'GET finds what SET stored, any bytes',
	answers,
	[['SET', 'k\0\xff', '\r\n\xfe'], ['GET', 'k\0\xff'], ['GET', 'k'], ['DBSIZE']],
	['+OK\r\n', '$3\r\n\r\n\xfe\r\n', '$-1\r\n', ':1\r\n'],
);
test(
	'EXISTS and DEL count keys',
	answers,
	[
		['SET', 'a', '1'],
		['EXISTS', 'a', 'a', 'b'],
		['DEL', 'a', 'a', 'b'],
		['EXISTS', 'a'],
	],
	['+OK\r\n', ':2\r\n', ':1\r\n', ':0\r\n'],
);
test(
	'INCR begins with 0 and goes up to the largest integer of 64 bits',
	answers,
	[
		['INCR', 'n'],
		['INCR', 'n'],
		['SET', 'n', '9223372036854775806'],
		['INCR', 'n'],
		['INCR', 'n'],
		['GET', 'n'],
	],
	[
		':1\r\n',
		':2\r\n',
		'+OK\r\n',
		':9223372036854775807\r\n',
		'-ERR increment or decrement would overflow\r\n',
		'$19\r\n9223372036854775807\r\n',
	],
);
test(
	'INCR refuses what is no integer',
	answers,
	[
		['SET', 'n', '1.5'],
		['INCR', 'n'],
		['SET', 'n', '99999999999999999999'],
		['INCR', 'n'],
	],
	[
		'+OK\r\n',
		'-ERR value is not an integer or out of range\r\n',
		'+OK\r\n',
		'-ERR value is not an integer or out of range\r\n',
	],
);
test(
	'a wrong number of arguments is told with the name of the command',
	answers,
	[['GET'], ['get', 'a', 'b'], ['SET', 'a'], ['set', 'a', 'b', 'c'], ['DEL'], ['QUIT', 'now']],
	['get', 'get', 'set', 'set', 'del', 'quit'].map(wrongNumber),
);
test(
	'an unknown command is told by its name, in one line',
	answers,
	[['FLUSHALL'], ['a\r\nb']],
	["-ERR unknown command 'FLUSHALL'\r\n", "-ERR unknown command 'a  b'\r\n"],
);
test(
	'what redis-cli and redis-benchmark ask first has an answer',
	answers,
	[
		['COMMAND', 'DOCS'],
		['CONFIG', 'GET', 'save'],
	],
	['*0\r\n', '*2\r\n$4\r\nsave\r\n$0\r\n\r\n'],
);
test('an empty request has no answer', answers, [[]], ['']);
