/** The option `retry`: checked, with its defaults filled in. Each property is read once. */
import type {RetryOptions} from './options.js';
import {
	checkFunction,
	checkLimit,
	checkMilliseconds,
	invalidArgType,
	optional,
	outOfRange,
	type Unchecked,
} from './validate.js';

/** {@link RetryOptions}, checked. */
export interface RetrySettings {
	/** Tries in all, Infinity for no limit. */
	readonly maxAttempts: number;
	/** Ms. */
	readonly minDelay: number;
	/** Ms, Infinity for no limit. */
	readonly maxDelay: number;
	/** Ms, Infinity for none. */
	readonly attemptTimeout: number;
	readonly onRetry: NonNullable<RetryOptions['onRetry']> | undefined;
}

const defaultMinDelayMs = 500;
const defaultMaxDelayMs = 30_000;
const defaultAttemptTimeoutMs = 10_000;

const always: RetrySettings = Object.freeze({
	maxAttempts: Infinity,
	minDelay: defaultMinDelayMs,
	maxDelay: defaultMaxDelayMs,
	attemptTimeout: defaultAttemptTimeoutMs,
	onRetry: undefined,
});
/** One try, which may take as long as it likes. */
const never: RetrySettings = Object.freeze({...always, maxAttempts: 1, attemptTimeout: Infinity});

/** `retry` of `connect` and the like; `fallback` is what it is where it is absent. */
export function normalizeRetry(retry: unknown, fallback: boolean): RetrySettings {
	const given = retry === undefined ? fallback : retry;
	if (typeof given === 'boolean') return given ? always : never;
	if (typeof given !== 'object' || given === null || Array.isArray(given))
		throw invalidArgType('retry', 'a boolean or an object', given);

	const {maxAttempts, minDelay, maxDelay, attemptTimeout, onRetry} = given as Unchecked<RetryOptions>;
	return {
		maxAttempts: optional(maxAttempts, value => checkLimit('retry.maxAttempts', value, 1), Infinity),
		...checkDelays(minDelay, maxDelay),
		attemptTimeout: optional(
			attemptTimeout,
			value => checkMilliseconds('retry.attemptTimeout', value, {zero: false}),
			defaultAttemptTimeoutMs,
		),
		onRetry: optional(
			onRetry,
			value => checkFunction<NonNullable<RetryOptions['onRetry']>>('retry.onRetry', value),
			undefined,
		),
	};
}

/** Where the two contradict each other, the error names one that was given. */
function checkDelays(min: unknown, max: unknown): {minDelay: number; maxDelay: number} {
	const minDelay = optional(
		min,
		value => checkMilliseconds('retry.minDelay', value, {zero: false}),
		defaultMinDelayMs,
	);
	const maxDelay = optional(
		max,
		value => checkMilliseconds('retry.maxDelay', value, {zero: false}),
		defaultMaxDelayMs,
	);
	if (minDelay <= maxDelay) return {minDelay, maxDelay};
	throw min === undefined
		? outOfRange('retry.maxDelay', `at least "retry.minDelay", which is ${minDelay}`, maxDelay)
		: outOfRange('retry.minDelay', `at most "retry.maxDelay", which is ${maxDelay}`, minDelay);
}
