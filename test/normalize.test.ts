import test from 'ava';
import {
	normalizeClose,
	normalizeConnection,
	normalizeLimitedRead,
	normalizeOperation,
	normalizeRead,
} from '../src/normalize.js';
import type {ConnectionOptions} from '../src/options.js';

type Normalize = (options: never) => unknown;

const refuses = test.macro(
	(
		t,
		normalize: Normalize,
		name: string,
		{types = [], ranges = []}: {types?: readonly unknown[]; ranges?: readonly unknown[]},
	) => {
		const at = (value: unknown): never =>
			name.split('.').reduceRight((inner, key) => ({[key]: inner}), value) as never;
		const message = new RegExp(`^The value of "${name.replaceAll('.', '\\.')}" `, 'u');
		for (const value of types)
			t.throws(() => normalize(at(value)), {instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE', message});
		for (const value of ranges)
			t.throws(() => normalize(at(value)), {instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE', message});
	},
);

const notOptions = test.macro((t, normalize: Normalize) => {
	for (const options of [null, 1, 'text', true, Symbol('s'), [], () => {}]) {
		t.throws(() => normalize(options as never), {
			instanceOf: TypeError,
			code: 'ERR_INVALID_ARG_TYPE',
			message: /^The value of "options" must be an object/u,
		});
	}
});

const notTimes = {types: ['5', 5n, null, Symbol('s'), true, {}], ranges: [NaN, -1, -Infinity]};

const {signal} = new AbortController();

test('a call without options waits for ever', t => {
	t.deepEqual(normalizeOperation(undefined), {signal: undefined, timeout: Infinity});
	t.deepEqual(normalizeOperation({}), {signal: undefined, timeout: Infinity});
	t.deepEqual(normalizeOperation({signal: undefined, timeout: undefined}), {signal: undefined, timeout: Infinity});
});

test('signal and timeout are taken as they are', t => {
	t.deepEqual(normalizeOperation({signal, timeout: 0}), {signal, timeout: 0});
	t.is(normalizeOperation({timeout: 1.5}).timeout, 1.5);
	t.is(normalizeOperation({timeout: Infinity}).timeout, Infinity);
});

test('options that nobody knows are ignored', t => {
	t.deepEqual(normalizeOperation({timeoutMs: 5} as object), {signal: undefined, timeout: Infinity});
});

for (const [name, normalize] of [
	['an operation', normalizeOperation],
	['read', normalizeRead],
	['a limited read', (options: never) => normalizeLimitedRead(options, 1)],
] as ReadonlyArray<readonly [string, Normalize]>) {
	test(`the options of ${name} must be an object`, notOptions, normalize);
	test(`the timeout of ${name} must be a time`, refuses, normalize, 'timeout', notTimes);
	test(`the signal of ${name} must be an AbortSignal`, refuses, normalize, 'signal', {
		types: [null, {}, 'abort', new AbortController()],
	});
}

test('read takes what is there by default', t => {
	t.deepEqual(normalizeRead(undefined), {signal: undefined, timeout: Infinity, max: undefined, copy: false});
	t.deepEqual(normalizeRead({max: 1, copy: true, signal, timeout: 3}), {signal, timeout: 3, max: 1, copy: true});
});
test('max must be an integer from 1', refuses, normalizeRead as Normalize, 'max', {
	types: ['1', 1n, null, true],
	ranges: [0, -1, 1.5, NaN, Infinity, 2 ** 53],
});
test('copy must be a boolean', refuses, normalizeRead as Normalize, 'copy', {types: [0, 1, 'true', null]});

test('a limited read has the limit of its method by default', t => {
	t.is(normalizeLimitedRead(undefined, 65_536).limit, 65_536);
	t.is(normalizeLimitedRead({}, 65_536).limit, 65_536);
	t.is(normalizeLimitedRead({limit: Infinity}, 65_536).limit, Infinity);
	t.deepEqual(normalizeLimitedRead({limit: 5, signal, timeout: 1}, 65_536), {limit: 5, signal, timeout: 1});
});
test(
	'limit must be an integer from 1, or Infinity',
	refuses,
	((options: never) => normalizeLimitedRead(options, 1)) as Normalize,
	'limit',
	{
		types: ['1', 1n, null],
		ranges: [0, -1, 1.5, NaN, -Infinity, 2 ** 53],
	},
);

test('close waits as long as it is told, else its default', t => {
	t.is(normalizeClose(undefined, 5000), 5000);
	t.is(normalizeClose({}, 5000), 5000);
	t.is(normalizeClose({timeout: 0}, 5000), 0);
	t.is(normalizeClose({timeout: Infinity}, 5000), Infinity);
});
test(
	'the timeout of close must be a time',
	refuses,
	((options: never) => normalizeClose(options, 1)) as Normalize,
	'timeout',
	notTimes,
);
test('the options of close must be an object', notOptions, ((options: never) =>
	normalizeClose(options, 1)) as Normalize);

const kernelTimes = {enabled: true, initialDelay: 0, interval: 0, count: 0};

test('a connection has TCP_NODELAY and keep-alive by default', t => {
	const defaults = {
		noDelay: true,
		keepAlive: kernelTimes,
		maxPendingBytes: 2 * 1024 * 1024,
		stallTimeout: 60_000,
		sendTimeout: Infinity,
		idleTimeout: Infinity,
		closeTimeout: 5000,
		resetUnlessClosed: false,
	};
	t.deepEqual(normalizeConnection(undefined), defaults);
	t.deepEqual(
		normalizeConnection({
			noDelay: undefined,
			keepAlive: undefined,
			maxPendingBytes: undefined,
			closeTimeout: undefined,
			resetUnlessClosed: undefined,
		}),
		defaults,
	);
});

const connection = normalizeConnection as Normalize;
test('noDelay must be a boolean', refuses, connection, 'noDelay', {types: [0, 'yes', null]});
test('resetUnlessClosed must be a boolean', refuses, connection, 'resetUnlessClosed', {types: [1, 'no', null]});
test('maxPendingBytes must be an integer from 1, or Infinity', refuses, connection, 'maxPendingBytes', {
	types: ['1', 1n, null],
	ranges: [0, -1, 1.5, NaN, -Infinity, 2 ** 53],
});
test('maxPendingBytes may be 1 and Infinity', t => {
	t.is(normalizeConnection({maxPendingBytes: 1}).maxPendingBytes, 1);
	t.is(normalizeConnection({maxPendingBytes: Infinity}).maxPendingBytes, Infinity);
});
for (const name of ['stallTimeout', 'sendTimeout', 'idleTimeout'] as const) {
	test(`${name} must be a time above 0, or Infinity`, refuses, connection, name, {
		types: notTimes.types,
		ranges: [0, -0, ...notTimes.ranges],
	});
	test(`${name} may be a fraction and Infinity`, t => {
		t.is(normalizeConnection({[name]: 0.5})[name], 0.5);
		t.is(normalizeConnection({[name]: Infinity})[name], Infinity);
	});
}

test('closeTimeout must be a time', refuses, connection, 'closeTimeout', notTimes);
test('closeTimeout may be 0 and Infinity', t => {
	t.is(normalizeConnection({closeTimeout: 0}).closeTimeout, 0);
	t.is(normalizeConnection({closeTimeout: Infinity}).closeTimeout, Infinity);
});

const keepsAlive = test.macro((t, keepAlive: ConnectionOptions['keepAlive'], expected: object) => {
	t.deepEqual(normalizeConnection({keepAlive}).keepAlive, expected as typeof kernelTimes);
});
test('keepAlive false turns it off', keepsAlive, false, {...kernelTimes, enabled: false});
test('keepAlive true leaves the times to the kernel', keepsAlive, true, kernelTimes);
test('an empty keepAlive turns it on', keepsAlive, {}, kernelTimes);
test(
	'keepAlive takes milliseconds and gives seconds',
	keepsAlive,
	{initialDelay: 60_000, interval: 10_000, count: 3},
	{enabled: true, initialDelay: 60, interval: 10, count: 3},
);
test(
	'times of keepAlive are rounded up',
	keepsAlive,
	{initialDelay: 1000.5, interval: 1001},
	{...kernelTimes, initialDelay: 2, interval: 2},
);
test(
	"keepAlive goes to the kernel's bounds",
	keepsAlive,
	{initialDelay: 32_767_000, interval: 1000, count: 127},
	{enabled: true, initialDelay: 32_767, interval: 1, count: 127},
);
test('keepAlive must be a boolean or an object', refuses, connection, 'keepAlive', {
	types: [null, 0, 1, 'on', [], () => {}],
});
test("keepAlive.initialDelay must be within the kernel's bounds", refuses, connection, 'keepAlive.initialDelay', {
	types: ['1000', 1000n, null],
	ranges: [0, 999, 32_767_001, NaN, Infinity],
});
test("keepAlive.interval must be within the kernel's bounds", refuses, connection, 'keepAlive.interval', {
	types: ['1000', 1000n, null],
	ranges: [0, 999, 32_767_001, NaN, Infinity],
});
test("keepAlive.count must be within the kernel's bounds", refuses, connection, 'keepAlive.count', {
	types: ['1', 1n, null],
	ranges: [0, 128, 1.5, NaN, Infinity],
});
