import {Buffer} from 'node:buffer';
import test from 'ava';
import type {CoTcpConnection} from '../../src/index.js';
import {checkDescriptors} from '../support/descriptors.js';
import {rawPair} from '../support/pairs.js';
import {reasonOf} from '../support/wait.js';
import {
	badNumbers,
	noIntegers,
	noNumbers,
	noOptions,
	noSignals,
	noViews,
	type WrongValue,
} from '../support/wrong-values.js';

checkDescriptors(test);

interface Wrong {
	readonly option: string;
	readonly code: 'ERR_INVALID_ARG_TYPE' | 'ERR_OUT_OF_RANGE';
	readonly values: readonly WrongValue[];
	readonly call: (connection: CoTcpConnection, value: never) => unknown;
}

const type = 'ERR_INVALID_ARG_TYPE';
const range = 'ERR_OUT_OF_RANGE';

/** What `connection` refuses, and nothing of it may have happened. The message names the option and shows the value. */
const refuses = test.macro(async (t, {option, code, values, call}: Wrong) => {
	const {connection, peer} = await rawPair(t);
	await peer.send('ab');
	await connection.peek(2);
	for (const isEnded of [false, true]) {
		if (isEnded) connection.reset();
		for (const {name, value} of values) {
			let outcome: unknown;
			t.notThrows(() => {
				outcome = Reflect.apply(call, undefined, [connection, value]);
			}, `${option}: ${name} throws`);
			const error = (await reasonOf(outcome as Promise<unknown>)) as Error & {code: string};
			const what = `${option}: ${name} (${String(error)})`;
			t.true(error instanceof (code === type ? TypeError : RangeError), what);
			t.is(error.code, code, what);
			t.true(error.message.includes(`"${option}`), what);
			t.regex(error.message, /Received .+/u, what);
			t.true(error.message.length < 300, what);
		}

		if (isEnded) break;
		t.is(connection.state, 'connected');
		t.is(connection.tryRead()?.toString(), 'ab');
		await connection.send('x');
		t.is(connection.stats.bytesWritten, 1);
	}
});

const integers = {
	'the n of readExactly': [async (connection: CoTcpConnection, n: never) => connection.readExactly(n), 'n', 0],
	'the n of peek': [async (connection: CoTcpConnection, n: never) => connection.peek(n), 'n', 1],
	'the n of discard': [async (connection: CoTcpConnection, n: never) => connection.discard(n), 'n', 0],
	'the max of read': [async (connection: CoTcpConnection, max: never) => connection.read({max}), 'max', 1],
} as const;
for (const [title, [call, option, least]] of Object.entries(integers)) {
	const zero = least === 0 ? [] : [{name: '0', value: 0}];
	const absent = option === 'n' ? [{name: 'undefined', value: undefined}] : [];
	test(`${title}: what is no number`, refuses, {option, code: type, values: [...noNumbers, ...absent], call});
	test(`${title}: what is no such integer`, refuses, {
		option,
		code: range,
		values: [...badNumbers, ...noIntegers, ...zero, {name: 'Infinity', value: Infinity}],
		call,
	});
}

const limits = {
	readUntil: async (connection: CoTcpConnection, limit: never) => connection.readUntil('x', {limit}),
	readLine: async (connection: CoTcpConnection, limit: never) => connection.readLine({limit}),
	readAll: async (connection: CoTcpConnection, limit: never) => connection.readAll({limit}),
};
for (const [name, call] of Object.entries(limits)) {
	test(`the limit of ${name}: what is no number`, refuses, {option: 'limit', code: type, values: noNumbers, call});
	test(`the limit of ${name}: what is no such integer`, refuses, {
		option: 'limit',
		code: range,
		values: [...badNumbers, ...noIntegers, {name: '0', value: 0}],
		call,
	});
}

type WithOptions = (connection: CoTcpConnection, options: never) => unknown;
const withOptions: Readonly<Record<string, WithOptions>> = {
	read: async (connection, options) => connection.read(options),
	readInto: async (connection, options) => connection.readInto(new Uint8Array(1), options),
	readExactly: async (connection, options) => connection.readExactly(1, options),
	readUntil: async (connection, options) => connection.readUntil('x', options),
	readLine: async (connection, options) => connection.readLine(options),
	readAll: async (connection, options) => connection.readAll(options),
	peek: async (connection, options) => connection.peek(1, options),
	discard: async (connection, options) => connection.discard(1, options),
	'send of a view': async (connection, options) => connection.send(Buffer.from('x'), options),
	'send of a string': async (connection, options) => connection.send('x', options),
	sendSome: async (connection, options) => connection.sendSome(Buffer.from('x'), options),
	flush: async (connection, options) => connection.flush(options),
	shutdown: async (connection, options) => connection.shutdown(options),
};
const times = {...withOptions, close: async (connection: CoTcpConnection, options: never) => connection.close(options)};
for (const [name, call] of Object.entries(times)) {
	const timeout: Wrong['call'] = (connection, value) => call(connection, {timeout: value} as never);
	test(`the options of ${name}`, refuses, {option: 'options', code: type, values: noOptions, call});
	test(`the timeout of ${name}: what is no number`, refuses, {
		option: 'timeout',
		code: type,
		values: noNumbers,
		call: timeout,
	});
	test(`the timeout of ${name}: what is no time`, refuses, {
		option: 'timeout',
		code: range,
		values: badNumbers,
		call: timeout,
	});
}

for (const [name, call] of Object.entries(withOptions)) {
	test(`the signal of ${name}`, refuses, {
		option: 'signal',
		code: type,
		values: noSignals,
		call: (connection, signal) => call(connection, {signal} as never),
	});
}

const noString = noViews.filter(({value}) => typeof value !== 'string');
test('the view of readInto', refuses, {
	option: 'view',
	code: type,
	values: noViews,
	call: async (connection, view) => connection.readInto(view),
});
test('the view of readInto: an empty one', refuses, {
	option: 'view',
	code: range,
	values: [
		{name: 'empty', value: new Uint8Array(0)},
		{name: 'an empty part', value: new Uint8Array(4).subarray(2, 2)},
	],
	call: async (connection, view) => connection.readInto(view),
});
test('the delimiter of readUntil', refuses, {
	option: 'delimiter',
	code: type,
	values: noString,
	call: async (connection, delimiter) => connection.readUntil(delimiter),
});
test('the delimiter of readUntil: an empty one', refuses, {
	option: 'delimiter',
	code: range,
	values: [
		{name: 'string', value: ''},
		{name: 'view', value: new Uint8Array(0)},
	],
	call: async (connection, delimiter) => connection.readUntil(delimiter),
});
test('the data of send', refuses, {
	option: 'data',
	code: type,
	values: noString,
	call: async (connection, data) => connection.send(data),
});
test('the data of send with options', refuses, {
	option: 'data',
	code: type,
	values: noString,
	call: async (connection, data) => connection.send(data, {timeout: 1000}),
});
test('a part of an array for send', refuses, {
	option: 'data[1]',
	code: type,
	values: noString,
	call: async (connection, part) => connection.send(['x', part]),
});
test('an array in an array for send', refuses, {
	option: 'data[0]',
	code: type,
	values: [{name: 'nested', value: ['x']}],
	call: async (connection, part) => connection.send([part]),
});
test('a hole in an array for send', refuses, {
	option: 'data[1]',
	code: type,
	values: [{name: 'a hole', value: undefined}],
	call: async connection => {
		// eslint-disable-next-line no-sparse-arrays -- the subject
		return connection.send(['x', , 'y'] as never);
	},
});
test('the data of sendSome', refuses, {
	option: 'data',
	code: type,
	values: [...noViews, {name: 'a string', value: 'text'}, {name: 'an array', value: [new Uint8Array(1)]}],
	call: async (connection, data) => connection.sendSome(data),
});
test('the copy of read', refuses, {
	option: 'copy',
	code: type,
	values: [
		{name: 'null', value: null},
		{name: '1', value: 1},
		{name: 'a string', value: 'true'},
	],
	call: async (connection, copy) => connection.read({copy}),
});

test('tryRead throws for wrong arguments', async t => {
	const {connection} = await rawPair(t);
	for (const {value} of noOptions)
		t.throws(() => connection.tryRead(value as never), {instanceOf: TypeError, code: type});
	for (const {value} of noNumbers)
		t.throws(() => connection.tryRead({max: value as never}), {instanceOf: TypeError, code: type});
	for (const {value} of [...badNumbers, ...noIntegers])
		t.throws(() => connection.tryRead({max: value as never}), {instanceOf: RangeError, code: range});
});

test('what a getter of the options throws is what the call rejects with', async t => {
	const {connection} = await rawPair(t);
	const mine = new Error('mine');
	const options = {
		get timeout(): never {
			throw mine;
		},
	};
	for (const [name, call] of Object.entries(times)) {
		let outcome: unknown;
		t.notThrows(() => {
			outcome = Reflect.apply(call, undefined, [connection, options as never]);
		}, name);
		t.is(await reasonOf(outcome as Promise<unknown>), mine, name);
	}
});

test('each option is read once', async t => {
	const {connection, peer} = await rawPair(t);
	await peer.send('abc');
	const reads: string[] = [];
	const options = new Proxy(
		{max: 1, copy: true, timeout: 1000},
		{
			get(target, key) {
				reads.push(String(key));
				return Reflect.get(target, key) as unknown;
			},
		},
	);
	await connection.read(options);
	t.deepEqual(reads.sort(), ['copy', 'max', 'signal', 'timeout']);
});

test('undefined counts as absent, and unknown options are ignored', async t => {
	const {connection, peer} = await rawPair(t);
	await peer.send('ab\n');
	const options = {
		signal: undefined,
		timeout: undefined,
		max: undefined,
		copy: undefined,
		limit: undefined,
		wrong: Symbol('s'),
	};
	t.is(await connection.readLine(options), 'ab');
	await connection.send('x', options);
	await connection.flush(undefined);
	t.is(connection.tryRead(options), undefined);
});

test('a time may be fractional, -0 or Infinity', async t => {
	const {connection} = await rawPair(t);
	await connection.send('x', {timeout: Infinity});
	await connection.flush({timeout: -0});
	await connection.send('x', {timeout: 60_000.5});
	t.is(((await reasonOf(connection.read({timeout: 0.5}))) as {code: string}).code, 'ETIMEDOUT');
	t.is(((await reasonOf(connection.read({timeout: Number.MIN_VALUE}))) as {code: string}).code, 'ETIMEDOUT');
	await connection.send('x', {timeout: 2 ** 53});
	await connection.send('x', {timeout: Number.MAX_VALUE});
});

test('a foreign this: async methods reject, the others throw, all with TypeError', async t => {
	const {connection} = await rawPair(t);
	const methods = Object.getPrototypeOf(connection) as Record<string | symbol, unknown>;
	const asynchronous = [
		'read',
		'readInto',
		'readExactly',
		'readUntil',
		'readLine',
		'readAll',
		'peek',
		'discard',
		'send',
		'sendSome',
		'flush',
		'shutdown',
		'close',
		Symbol.asyncDispose,
	];
	const synchronous = ['tryRead', 'reset', 'setContext', 'getContext', 'info', 'ref', 'unref', Symbol.asyncIterator];
	const getters = ['id', 'name', 'localAddress', 'remoteAddress', 'state', 'stats', 'closed', 'signal', 'draining'];
	const foreign = [undefined, null, {}, Object.create(methods) as object, new Proxy(connection, {}), 5, () => {}];
	for (const receiver of foreign) {
		for (const name of asynchronous) {
			let outcome: unknown;
			t.notThrows(() => {
				outcome = Reflect.apply(methods[name] as () => unknown, receiver, [new Uint8Array(1)]);
			}, String(name));
			t.true((await reasonOf(outcome as Promise<unknown>)) instanceof TypeError, String(name));
			t.notThrows(() => {
				outcome = Reflect.apply(methods[name] as () => unknown, receiver, []);
			}, String(name));
			t.true((await reasonOf(outcome as Promise<unknown>)) instanceof TypeError, String(name));
		}

		for (const name of synchronous)
			t.throws(
				(): unknown => Reflect.apply(methods[name] as () => unknown, receiver, []),
				{instanceOf: TypeError},
				String(name),
			);
		for (const name of getters)
			t.throws((): unknown => Reflect.get(methods, name, receiver), {instanceOf: TypeError}, name);
	}

	t.is(connection.state, 'connected');
	t.throws(() => new (connection.constructor as new () => unknown)(), undefined, 'nobody else makes one');
});
