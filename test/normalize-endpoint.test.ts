import {BlockList, isIP} from 'node:net';
import test from 'ava';
import {normalizeConnect, normalizeListen, type AddressFamily} from '../src/normalize-endpoint.js';
import type {ListenOptions} from '../src/options.js';

const addressFamily = isIP as AddressFamily;
const listen = (options: object): unknown => normalizeListen(options as ListenOptions);
const connect = (options: object): unknown => normalizeConnect(options, addressFamily);

interface Rows {
	types?: readonly unknown[];
	ranges?: readonly unknown[];
}

const refuses = test.macro(
	(t, normalize: (options: object) => unknown, name: string, {types = [], ranges = []}: Rows) => {
		const at = (value: unknown): object => ({...(name === 'path' ? {} : {port: 1}), [name]: value});
		const message = new RegExp(`^The value of "${name}" `, 'u');
		for (const value of types)
			t.throws(() => normalize(at(value)), {instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE', message});
		for (const value of ranges)
			t.throws(() => normalize(at(value)), {instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE', message});
	},
);

const connectionDefaults = {
	noDelay: true,
	keepAlive: {enabled: true, initialDelay: 0, interval: 0, count: 0},
	maxPendingBytes: 2_097_152,
	frameTimeout: 60_000,
	stallTimeout: 60_000,
	sendTimeout: Infinity,
	idleTimeout: Infinity,
	closeTimeout: 5000,
	resetUnlessClosed: false,
};

const noRetry = {
	maxAttempts: 1,
	minDelay: 500,
	maxDelay: 30_000,
	attemptTimeout: Infinity,
	onRetry: undefined,
};

test('listen has defaults for everything but the port', t => {
	t.deepEqual(normalizeListen({port: 0}), {
		name: 'server',
		port: 0,
		path: undefined,
		host: undefined,
		backlog: 511,
		ipv6Only: false,
		reusePort: false,
		maxConnections: Infinity,
		overload: 'pause',
		maxConnectionsPerAddress: Infinity,
		blockList: undefined,
		threads: undefined,
		onError: undefined,
		signal: undefined,
		timeout: Infinity,
		connection: connectionDefaults,
	});
});

test('connect has defaults for everything but the port', t => {
	t.deepEqual(normalizeConnect({port: 80}, addressFamily), {
		name: 'client',
		port: 80,
		path: undefined,
		host: 'localhost',
		family: 0,
		lookup: undefined,
		attemptDelay: 250,
		localAddress: undefined,
		localPort: 0,
		signal: undefined,
		timeout: Infinity,
		retry: noRetry,
		connection: connectionDefaults,
	});
});

test('listen takes what it is given', t => {
	const {signal} = new AbortController();
	const onError = (): void => {};
	const options = {
		name: 'echo',
		host: '::1',
		port: 65_535,
		backlog: 1,
		ipv6Only: true,
		reusePort: true,
		maxConnections: 1,
		overload: 'reset',
		maxConnectionsPerAddress: 1,
		blockList: new BlockList(),
		onError,
		signal,
		timeout: 0,
	} as const;
	t.deepEqual(
		normalizeListen({...options, noDelay: false, keepAlive: false, closeTimeout: 0, resetUnlessClosed: true}),
		{
			...options,
			path: undefined,
			threads: undefined,
			connection: {
				...connectionDefaults,
				noDelay: false,
				keepAlive: {...connectionDefaults.keepAlive, enabled: false},
				closeTimeout: 0,
				resetUnlessClosed: true,
			},
		},
	);
});

test('connect takes what it is given', t => {
	const {signal} = new AbortController();
	const lookup = (): void => {};
	const options = {
		name: 'probe',
		host: 'example.com',
		port: 1,
		family: 6,
		lookup,
		attemptDelay: 0.5,
		localAddress: '::1',
		localPort: 65_535,
		signal,
		timeout: 9,
	} as const;
	t.deepEqual(normalizeConnect({...options, noDelay: false}, addressFamily), {
		...options,
		path: undefined,
		retry: noRetry,
		connection: {...connectionDefaults, noDelay: false},
	});
});

test('undefined counts as absent', t => {
	const absent = Object.fromEntries(Object.keys(normalizeListen({port: 1})).map(name => [name, undefined]));
	t.deepEqual(normalizeListen({...absent, port: 1}), normalizeListen({port: 1}));
	const absentHere = Object.fromEntries(
		Object.keys(normalizeConnect({port: 1}, addressFamily)).map(name => [name, undefined]),
	);
	t.deepEqual(normalizeConnect({...absentHere, port: 1}, addressFamily), normalizeConnect({port: 1}, addressFamily));
});

const readsOnce = test.macro((t, normalize: (options: object) => unknown) => {
	const reads = new Map<PropertyKey, number>();
	normalize(
		new Proxy(
			{port: 1},
			{
				get(target, name, receiver) {
					reads.set(name, (reads.get(name) ?? 0) + 1);
					return Reflect.get(target, name, receiver) as unknown;
				},
			},
		),
	);
	t.true(reads.size > 10);
	t.deepEqual(
		[...reads.values()].filter(count => count > 1),
		[],
	);
});
test('listen reads every option once', readsOnce, listen);
test('connect reads every option once', readsOnce, connect);

const ports: Rows = {
	types: ['80', 80n, null, true, {}, [80], Symbol('s'), {valueOf: () => 80}],
	ranges: [-1, 65_536, 1.5, NaN, Infinity, -Infinity],
};
const names = {types: ['a\0b', '\0', 1, null, {}, ['localhost']], ranges: ['', 'a'.repeat(254)]};
const paths = {
	types: ['/a\0b', '\0a\0', 'a\0', 1, null, {}, Buffer.from('/a'), new URL('file:///a')],
	ranges: ['', '\0', 'a'.repeat(108), `\0${'a'.repeat(108)}`, 'é'.repeat(54)],
};
const flags = {types: [0, 1, 'true', null, {}]};

for (const [call, normalize] of [
	['listen', listen],
	['connect', connect],
] as const) {
	test(`${call} needs options`, t => {
		for (const options of [undefined, null, 80, '80', [], () => {}]) {
			t.throws(() => normalize(options as never), {
				instanceOf: TypeError,
				code: 'ERR_INVALID_ARG_TYPE',
				message: /^The value of "options" must be an object/u,
			});
		}
	});
	test(`${call} needs a port or a path`, t => {
		t.throws(() => normalize({}), {
			instanceOf: TypeError,
			code: 'ERR_INVALID_ARG_TYPE',
			message: /"port".*"path"/u,
		});
	});
	test(`${call} refuses a port with a path`, t => {
		t.throws(() => normalize({port: 1, path: '/a'}), {
			instanceOf: TypeError,
			code: 'ERR_INVALID_ARG_TYPE',
			message: /"path".*"port"/u,
		});
	});
	test(`${call} takes a path with a host`, t => {
		t.like(normalize({path: '/a', host: 'localhost'}), {path: '/a', port: undefined});
	});
	test(`${call} takes paths of 1 to 107 bytes, and abstract ones`, t => {
		for (const path of ['a', 'a'.repeat(107), `\0${'a'.repeat(107)}`, '\0a', `a${'é'.repeat(53)}`])
			t.like(normalize({path}), {path});
	});
	test(`${call} takes hosts of 1 to 253 characters`, t => {
		for (const host of ['a', 'a'.repeat(253)]) t.like(normalize({port: 1, host}), {host});
	});
	test(`${call} refuses what is no port`, refuses, normalize, 'port', ports);
	test(`${call} refuses what is no host`, refuses, normalize, 'host', names);
	test(`${call} refuses what is no path`, refuses, normalize, 'path', paths);
	test(`${call} refuses a name that is no string`, refuses, normalize, 'name', {types: [1, null, {}, Symbol('s')]});
	test(`${call} refuses a wrong timeout`, refuses, normalize, 'timeout', {types: ['1', 1n, null], ranges: [NaN, -1]});
	test(`${call} refuses a wrong signal`, refuses, normalize, 'signal', {types: [null, {}, 'abort']});
	test(`${call} refuses a wrong noDelay`, refuses, normalize, 'noDelay', flags);
	test(`${call} refuses a wrong keepAlive`, refuses, normalize, 'keepAlive', {types: [1, null, 'on']});
}

test('connect refuses port 0', refuses, connect, 'port', {ranges: [0, -0]});
test('backlog must be an integer from 1', refuses, listen, 'backlog', {
	types: ['1', null, 1n],
	ranges: [0, -1, 1.5, NaN, Infinity, 2 ** 31],
});
test('ipv6Only must be a boolean', refuses, listen, 'ipv6Only', flags);
test('reusePort must be a boolean', refuses, listen, 'reusePort', flags);
test('maxConnections must be an integer from 1, or Infinity', refuses, listen, 'maxConnections', {
	types: ['1', null, 1n],
	ranges: [0, -1, 1.5, NaN, -Infinity, 2 ** 53],
});
test('maxConnectionsPerAddress must be an integer from 1, or Infinity', refuses, listen, 'maxConnectionsPerAddress', {
	types: ['1', 1n, null],
	ranges: [0, -1, 1.5, NaN, -Infinity],
});
test('blockList must be a BlockList', refuses, listen, 'blockList', {
	types: [null, 1, '127.0.0.1', ['127.0.0.1'], {}, {check: true}, BlockList, () => {}],
});
test('overload must be one of its words', refuses, listen, 'overload', {types: ['drop', 'Pause', '', null, 1, true]});
test('onError must be a function', refuses, listen, 'onError', {types: [null, {}, 'log', true]});
test('family must be 0, 4 or 6', refuses, connect, 'family', {
	types: ['4', 'IPv4', null, 4n],
	ranges: [1, 5, -4, NaN, Infinity],
});
test('lookup must be a function', refuses, connect, 'lookup', {types: [null, {}, 'dns']});
test('attemptDelay must be above 0', refuses, connect, 'attemptDelay', {
	types: ['1', null, 1n],
	ranges: [0, -0, -1, NaN],
});
test('attemptDelay may be Infinity', t => {
	t.like(connect({port: 1, attemptDelay: Infinity}), {attemptDelay: Infinity});
});
test('localAddress must be an IP address', refuses, connect, 'localAddress', {
	types: ['localhost', '', '127.0.0.1\0', '127.1', '256.0.0.1', null, 1],
});
test('localPort must be a port, or 0', refuses, connect, 'localPort', {
	types: ['1', null, 1n],
	ranges: [-1, 65_536, 1.5, NaN, Infinity],
});
