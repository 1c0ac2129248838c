import test from 'ava';
import {
	byteLengthOf,
	checkBoolean,
	checkBytes,
	checkFunction,
	checkInteger,
	checkLimit,
	checkMessage,
	checkMilliseconds,
	checkOptionsObject,
	checkSignal,
	checkString,
	checkView,
	checkWord,
	invalidArgType,
	outOfRange,
	plainView,
} from '../src/validate.js';

type Check = (value: unknown) => unknown;

const takes = test.macro((t, check: Check, ...rows: ReadonlyArray<readonly [value: unknown, result: unknown]>) => {
	for (const [value, result] of rows) t.is(check(value), result);
});

const wrongType = {instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE', message: /"x".*Received/u};
const wrongRange = {instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE', message: /"x".*Received/u};

const refuses = test.macro(
	(t, check: Check, {types = [], ranges = []}: {types?: readonly unknown[]; ranges?: readonly unknown[]}) => {
		for (const value of types) t.throws(() => check(value), wrongType);
		for (const value of ranges) t.throws(() => check(value), wrongRange);
	},
);

const notNumbers: readonly unknown[] = [
	'5',
	'',
	5n,
	Symbol('five'),
	null,
	undefined,
	true,
	{},
	[],
	[5],
	() => 5,
	new Date(5),
	{valueOf: () => 5},
];
const notObjects: readonly unknown[] = [null, 0, 1, 5n, '', 'text', true, Symbol('s')];

const integer: Check = value => checkInteger('x', value, 0, 100);
test('checkInteger takes integers in its range, and -0 as 0', takes, integer, [0, 0], [100, 100], [-0, 0]);
test('checkInteger refuses everything else', refuses, integer, {
	types: notNumbers,
	ranges: [NaN, -1, 101, 1.5, Infinity, -Infinity, 2 ** 53],
});
test('checkInteger ends at 2^53-1 by default', refuses, value => checkInteger('x', value, 0), {
	ranges: [2 ** 53, Infinity],
});

const limit: Check = value => checkLimit('x', value, 1);
test('checkLimit takes integers and Infinity', takes, limit, [1, 1], [2 ** 53 - 1, 2 ** 53 - 1], [Infinity, Infinity]);
test('checkLimit refuses everything else', refuses, limit, {
	types: notNumbers,
	ranges: [NaN, 0, -0, -1, 1.5, -Infinity, 2 ** 53],
});

const time: Check = value => checkMilliseconds('x', value, {zero: true});
test(
	'checkMilliseconds takes fractions, 0 and Infinity',
	takes,
	time,
	[0, 0],
	[-0, 0],
	[0.5, 0.5],
	[1e300, 1e300],
	[Infinity, Infinity],
);
test('checkMilliseconds refuses everything else', refuses, time, {
	types: notNumbers,
	ranges: [NaN, -1, -Infinity, -0.001],
});
test(
	'checkMilliseconds refuses 0 where it is no time',
	refuses,
	value => checkMilliseconds('x', value, {zero: false}),
	{ranges: [0, -0, NaN, -1]},
);

const boolean: Check = value => checkBoolean('x', value);
test('checkBoolean takes booleans', takes, boolean, [true, true], [false, false]);
test('checkBoolean refuses truth in other clothes', refuses, boolean, {
	types: [0, 1, 'true', null, undefined, {}, Object(true)],
});

test('checkString takes strings', takes, (value: unknown) => checkString('x', value), ['', ''], ['a\0b', 'a\0b']);
test('checkString refuses other types', refuses, (value: unknown) => checkString('x', value), {
	types: [1, null, undefined, Object('a'), ['a'], Buffer.from('a')],
});
test(
	'checkString refuses NUL where it is asked to',
	refuses,
	(value: unknown) => checkString('x', value, {noNul: true}),
	{types: ['a\0b', '\0']},
);

const word: Check = value => checkWord('x', value, ['pause', 'reset']);
test('checkWord takes its words', takes, word, ['pause', 'pause'], ['reset', 'reset']);
test('checkWord refuses other words and types', refuses, word, {
	types: ['Pause', '', 'toString', 0, null, undefined, ['pause']],
});

test('checkFunction takes functions', t => {
	const given = (): void => {};
	t.is(checkFunction('x', given), given);
	t.is(checkFunction('x', Date), Date);
});
test('checkFunction refuses what cannot be called', refuses, value => checkFunction('x', value), {
	types: [{}, null, undefined, 'name', 1],
});

test('checkSignal takes real signals and what acts like one', t => {
	const {signal} = new AbortController();
	const alike = {aborted: false, addEventListener() {}, removeEventListener() {}};
	t.is(checkSignal('x', signal), signal);
	t.is(checkSignal('x', AbortSignal.abort()).aborted, true);
	t.is(checkSignal('x', alike), alike as unknown as AbortSignal);
});
test('checkSignal refuses everything else', refuses, value => checkSignal('x', value), {
	types: [
		...notObjects,
		{},
		{aborted: false},
		new AbortController(),
		new EventTarget(),
		Object.create(AbortSignal.prototype),
		{
			get aborted() {
				throw new Error('getter');
			},
		},
	],
});

const bytes: Check = value => checkBytes('x', value);
const foreignViews: readonly unknown[] = [
	new Int8Array(1),
	new Uint8ClampedArray(1),
	new Uint16Array(1),
	new Int32Array(1),
	new Float64Array(1),
	new BigInt64Array(1),
	new DataView(new ArrayBuffer(1)),
	new ArrayBuffer(1),
	new SharedArrayBuffer(1),
];
const notViews: readonly unknown[] = [
	...notObjects.filter(value => typeof value !== 'string'),
	undefined,
	{},
	{length: 1, 0: 1},
	() => {},
	new Proxy(new Uint8Array(1), {}),
	Object.create(Uint8Array.prototype),
];

test('checkBytes takes strings and Uint8Arrays of any memory', t => {
	class Mine extends Uint8Array {}
	const detached = new Uint8Array(8);
	structuredClone(detached.buffer, {transfer: [detached.buffer]});
	for (const value of [
		'',
		'text',
		'\uD800',
		new Uint8Array(1),
		Buffer.from('a'),
		new Mine(1),
		new Uint8Array(new SharedArrayBuffer(1)),
		detached,
	]) {
		t.is(bytes(value), value);
	}
});
test('checkBytes refuses other views, plain memory, arrays and impostors', refuses, bytes, {
	types: [...foreignViews, ...notViews, ['a'], [1]],
});
test('checkView refuses strings too', refuses, value => checkView('x', value), {
	types: [...foreignViews, ...notViews, 'text', ''],
});

test('checkMessage takes an array and returns a copy', t => {
	const parts = ['a', new Uint8Array(1)];
	const message = checkMessage('x', parts);
	t.deepEqual(message, parts);
	t.not(message, parts);
	t.deepEqual(checkMessage('x', []), []);
	t.is(checkMessage('x', 'a'), 'a');
});
test('checkMessage refuses everything else', refuses, value => checkMessage('x', value), {
	types: [...foreignViews, ...notViews, new Set(['a'])],
});
test('checkMessage names the part that is wrong', t => {
	t.throws(() => checkMessage('data', ['a', 1]), {instanceOf: TypeError, message: /"data\[1\]".*Received 1$/u});
	t.throws(() => checkMessage('data', ['a', , 'b']), {instanceOf: TypeError, message: /"data\[1\]"/u}); // eslint-disable-line no-sparse-arrays -- a hole
	t.throws(() => checkMessage('data', [['a']]), {instanceOf: TypeError, message: /"data\[0\]"/u});
});

const object: Check = value => checkOptionsObject('x', value as object);
test('checkOptionsObject takes objects, and undefined for none', t => {
	const options = {a: 1};
	t.is(object(options), options);
	t.is(object(undefined), undefined);
	const bare = Object.create(null) as object;
	t.is(object(bare), bare);
});
test('checkOptionsObject refuses everything else', refuses, object, {types: [...notObjects, [], () => {}]});

const shows = test.macro((t, value: unknown, end: string) => {
	t.is(invalidArgType('x', 'another', value).message, `The value of "x" must be another. Received ${end}`);
	t.is(
		outOfRange('x', 'another', value).message,
		`The value of "x" is out of range. It must be another. Received ${end}`,
	);
});
test('a message shows -0', shows, -0, '-0');
test('a message quotes a string', shows, '80', "'80'");
test('a message shows a BigInt', shows, 80n, '80n');
test('a message shows a symbol', shows, Symbol('port'), 'Symbol(port)');
test('a message shows a function', shows, Date, '[Function: Date]');
test('a message shows an object by its kind', shows, {a: {b: 1}}, '[Object]');
test(
	'a message shows an object without a prototype',
	shows,
	Object.assign(Object.create(null) as object, {a: 1}),
	'[Object: null prototype]',
);

const survives = test.macro((t, value: unknown) => {
	const {message} = invalidArgType('x', 'another', value);
	t.true(message.startsWith('The value of "x" must be another. Received '));
	t.true(message.length < 160);
	t.false(message.includes('\n'));
});
const hostile = new Proxy(
	{},
	{
		get() {
			throw new Error('trap');
		},
		getPrototypeOf() {
			throw new Error('trap');
		},
		ownKeys() {
			throw new Error('trap');
		},
	},
);
test('a message survives a Proxy whose traps throw', survives, hostile);
test('a message survives a prototype that is such a Proxy', survives, Object.create(hostile));
test('a message survives a toStringTag that throws', survives, {
	get [Symbol.toStringTag]() {
		throw new Error('getter');
	},
});
test('a message survives valueOf and inspect that throw', survives, {
	valueOf: hostile,
	[Symbol.for('nodejs.util.inspect.custom')]: hostile,
});
test('a message shortens a long string', survives, 'x'.repeat(1e6));
test('a message shortens an error with its stack', survives, new Error('many\nlines'));
test(
	'a message shortens a long array',
	survives,
	Array.from({length: 1e5}, () => 'x'.repeat(100)),
);

test('byteLengthOf and plainView do not trust what a subclass says', t => {
	class Liar extends Uint8Array {
		override get byteLength(): number {
			return 1e9;
		}

		override get byteOffset(): number {
			return 5;
		}
	}
	const liar = new Liar([1, 2, 3]);
	Object.defineProperty(liar, 'buffer', {value: new ArrayBuffer(8)});
	t.is(byteLengthOf(liar), 3);
	t.deepEqual(plainView(liar), new Uint8Array([1, 2, 3]));
	t.is(Object.getPrototypeOf(plainView(Buffer.from('abc'))), Uint8Array.prototype);
});

/** The language's types do not know of resizing yet. */
function resizable(size: number): ArrayBuffer & {resize(size: number): void} {
	return Reflect.construct(ArrayBuffer, [size, {maxByteLength: 16}]) as ArrayBuffer & {resize(size: number): void};
}

test('a view that is out of the bounds of its shrunk memory is empty', t => {
	const memory = resizable(8);
	const view = new Uint8Array(memory, 4, 4);
	memory.resize(2);
	t.is(checkBytes('x', view), view);
	t.is(byteLengthOf(view), 0);
});
