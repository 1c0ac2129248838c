import test from 'ava';
import {normalizeRetry} from '../src/normalize-retry.js';

const defaults = {
	maxAttempts: Infinity,
	minDelay: 500,
	maxDelay: 30_000,
	attemptTimeout: 10_000,
	onRetry: undefined,
};

test('true and an empty object are the defaults; false is one try without a limit of time', t => {
	t.deepEqual(normalizeRetry(true, false), defaults);
	t.deepEqual(normalizeRetry({}, false), defaults);
	t.deepEqual(normalizeRetry(false, true), {...defaults, maxAttempts: 1, attemptTimeout: Infinity});
});

test('absent, it is what the caller says', t => {
	t.is(normalizeRetry(undefined, true), normalizeRetry(true, false));
	t.is(normalizeRetry(undefined, false), normalizeRetry(false, true));
});

test('it takes what it is given', t => {
	const given = {maxAttempts: 1, minDelay: 0.5, maxDelay: 0.5, attemptTimeout: Infinity, onRetry: () => {}};
	t.deepEqual(normalizeRetry(given, false), given);
	t.is(normalizeRetry({maxDelay: Infinity}, false).maxDelay, Infinity);
	const absent = Object.fromEntries(Object.keys(given).map(name => [name, undefined]));
	t.deepEqual(normalizeRetry(absent, false), defaults);
});

const refuses = test.macro(
	(t, name: string, {types = [], ranges = []}: {types?: readonly unknown[]; ranges?: readonly unknown[]}) => {
		const message = new RegExp(`^The value of "retry\\.${name}" `, 'u');
		for (const value of types) {
			const options = {instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE', message};
			t.throws(() => normalizeRetry({[name]: value}, false), options);
		}

		for (const value of ranges) {
			const options = {instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE', message};
			t.throws(() => normalizeRetry({[name]: value}, false), options);
		}
	},
);

const notNumbers = ['1', 1n, null, true, {}, Symbol('s')];
const notTimes = {types: notNumbers, ranges: [0, -0, -1, NaN, -Infinity]};
test('maxAttempts must be an integer from 1, or Infinity', refuses, 'maxAttempts', {
	types: notNumbers,
	ranges: [0, -1, 1.5, NaN, -Infinity, 2 ** 53],
});
test('minDelay must be a time above 0', refuses, 'minDelay', notTimes);
test('maxDelay must be a time above 0', refuses, 'maxDelay', notTimes);
test('attemptTimeout must be a time above 0', refuses, 'attemptTimeout', notTimes);
test('onRetry must be a function', refuses, 'onRetry', {types: [null, 'log', {}, true]});

test('it must be a boolean or an object', t => {
	for (const retry of [null, 1, 'yes', [], () => {}, Symbol('s'), 1n])
		t.throws(() => normalizeRetry(retry, false), {
			instanceOf: TypeError,
			code: 'ERR_INVALID_ARG_TYPE',
			message: /^The value of "retry" must be a boolean or an object/u,
		});
});

test('minDelay above maxDelay: the error names one that was given, and both values', t => {
	const contradicts = (given: object, message: RegExp): void => {
		t.throws(() => normalizeRetry(given, false), {instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE', message});
	};
	contradicts({minDelay: 30, maxDelay: 20}, /^The value of "retry\.minDelay" .*"retry\.maxDelay".* 20\. .* 30$/u);
	contradicts({minDelay: 30_001}, /^The value of "retry\.minDelay" .* 30000\. .* 30001$/u);
	contradicts({maxDelay: 499}, /^The value of "retry\.maxDelay" .*"retry\.minDelay".* 500\. .* 499$/u);
});
