import {isIP, type LookupFunction} from 'node:net';
import test from 'ava';
import {BrokenError} from '../../src/errors.js';
import {resolveHost, type ResolveOptions} from '../../src/net/resolve.js';

const addressFamily = isIP as ResolveOptions['addressFamily'];

type Callback = (error: unknown, found?: unknown, family?: unknown) => void;
type Lookup = (host: string, options: object, callback: Callback) => void;

async function resolve(lookup: Lookup, family: 0 | 4 | 6 = 0): Promise<string[]> {
	const addresses = await resolveHost('example.com', {family, lookup: lookup as LookupFunction, addressFamily});
	return addresses.map(entry => `${entry.family} ${entry.address}`);
}

const all =
	(...addresses: readonly string[]): Lookup =>
	(_host, _options, callback) => {
		callback(
			null,
			addresses.map(address => ({address, family: isIP(address)})),
		);
	};

test('an IP address needs no lookup', async t => {
	const lookup = (): never => t.fail();
	for (const [host, family] of [
		['127.0.0.1', 4],
		['::1', 6],
	] as const) {
		t.deepEqual(await resolveHost(host, {family: 0, lookup, addressFamily}), [{address: host, family}]);
	}

	t.deepEqual(await resolveHost('::1', {family: 4, lookup, addressFamily}), [{address: '::1', family: 6}]);
});

test('dns.lookup is asked by default', async t => {
	const addresses = await resolveHost('localhost', {family: 0, lookup: undefined, addressFamily});
	t.true(addresses.length > 0);
	for (const {address, family} of addresses) t.true(address === '127.0.0.1' ? family === 4 : address === '::1');
});

test('dns.lookup is asked for the family', async t => {
	t.deepEqual(await resolveHost('localhost', {family: 4, lookup: undefined, addressFamily}), [
		{address: '127.0.0.1', family: 4},
	]);
});

test('a lookup function gets what node:net gives it', async t => {
	t.plan(3);
	await resolve((host, options, callback) => {
		t.is(host, 'example.com');
		t.deepEqual(options, {family: 6, hints: 0, all: true});
		t.is(typeof callback, 'function');
		callback(null, [{address: '::1', family: 6}]);
	}, 6);
});

const finds = test.macro(async (t, lookup: Lookup, expected: readonly string[], family: 0 | 4 | 6 = 0) => {
	t.deepEqual(await resolve(lookup, family), [...expected]);
});
test('a lookup function may find one address', finds, (_host, _options, callback) => callback(null, '127.0.0.1', 4), [
	'4 127.0.0.1',
]);
test(
	'a lookup function may find one address without its family',
	finds,
	(_host, _options, callback) => callback(null, '::1'),
	['6 ::1'],
);
test(
	'a lookup function may say undefined for "no error"',
	finds,
	(_host, _options, callback) => callback(undefined, '::1'),
	['6 ::1'],
);
test(
	'the family is what the address is, not what is said',
	finds,
	(_host, _options, callback) => callback(null, [{address: '::1', family: 4}, {address: '127.0.0.1'}]),
	['6 ::1', '4 127.0.0.1'],
);
test(
	'the first call of a lookup function that calls twice counts',
	finds,
	(_host, _options, callback) => {
		callback(null, '127.0.0.1', 4);
		callback(new Error('later'));
		callback(null, '127.0.0.2', 4);
	},
	['4 127.0.0.1'],
);
test(
	'a lookup function that calls and then throws has called',
	finds,
	(_host, _options, callback) => {
		callback(null, '127.0.0.1', 4);
		throw new Error('later');
	},
	['4 127.0.0.1'],
);
test('an address counts once', finds, all('127.0.0.1', '::1', '127.0.0.1'), ['4 127.0.0.1', '6 ::1']);
test(
	'what is no address is left out',
	finds,
	(_host, _options, callback) =>
		callback(null, [null, 5, 'text', {}, {address: 1}, {address: 'a.b'}, {address: '127.0.0.1', family: 4}]),
	['4 127.0.0.1'],
);
test('what is not of the family asked for is left out', finds, all('::1', '127.0.0.1'), ['4 127.0.0.1'], 4);
test('families take turns, from that of the first on', finds, all('::1', '::2', '::3', '127.0.0.1', '127.0.0.2'), [
	'6 ::1',
	'4 127.0.0.1',
	'6 ::2',
	'4 127.0.0.2',
	'6 ::3',
]);
test('families take turns, with more of the second', finds, all('127.0.0.1', '::1', '::2', '::3'), [
	'4 127.0.0.1',
	'6 ::1',
	'6 ::2',
	'6 ::3',
]);
test('one family keeps its order', finds, all('127.0.0.3', '127.0.0.1', '127.0.0.2'), [
	'4 127.0.0.3',
	'4 127.0.0.1',
	'4 127.0.0.2',
]);

const fails = test.macro(async (t, lookup: Lookup, code: string, cause?: unknown, family: 0 | 4 | 6 = 0) => {
	const error = await t.throwsAsync(resolve(lookup, family), {instanceOf: BrokenError});
	t.like(error, {code, syscall: 'getaddrinfo', address: 'example.com', message: `getaddrinfo ${code} example.com`});
	if (cause === undefined) t.true(error.cause instanceof TypeError);
	else t.is(error.cause, cause);
});
const refusal = Object.assign(new Error('queryA'), {code: 'EAI_AGAIN'});
test(
	'an error of the lookup is the cause',
	fails,
	(_host, _options, callback) => callback(refusal),
	'EAI_AGAIN',
	refusal,
);
test(
	'an error that the lookup throws is the cause',
	fails,
	() => {
		throw refusal;
	},
	'EAI_AGAIN',
	refusal,
);
test(
	'an error that is none becomes ENOTFOUND',
	fails,
	(_host, _options, callback) => callback('no'),
	'ENOTFOUND',
	'no',
);
test('an empty list is ENOTFOUND', fails, all(), 'ENOTFOUND');
test('nothing found is ENOTFOUND', fails, (_host, _options, callback) => callback(null), 'ENOTFOUND');
test('only nonsense found is ENOTFOUND', fails, all('example.com', '127.1', ''), 'ENOTFOUND');
test('nothing of the family found is ENOTFOUND', fails, all('::1'), 'ENOTFOUND', undefined, 4);

test('a name that does not exist is ENOTFOUND or, without a network, EAI_AGAIN', async t => {
	const error = await t.throwsAsync(
		resolveHost('no-such-name.invalid', {family: 0, lookup: undefined, addressFamily}),
		{instanceOf: BrokenError},
	);
	t.true(['ENOTFOUND', 'EAI_AGAIN'].includes(error.code));
	t.is(error.syscall, 'getaddrinfo');
	t.true(error.cause instanceof Error);
});
