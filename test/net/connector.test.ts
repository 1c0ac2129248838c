import {AsyncLocalStorage} from 'node:async_hooks';
import test from 'ava';
import fc from 'fast-check';
import {BrokenError, ResourceError, TimeoutError, type TcpError} from '../../src/errors.js';
import {Connector, retryDelay} from '../../src/net/connector.js';
import type {Attempt} from '../../src/net/race.js';
import {normalizeRetry, type RetrySettings} from '../../src/normalize-retry.js';
import type {RetryOptions} from '../../src/options.js';
import {turns} from '../support/wait.js';

interface Timer {
	readonly ms: number;
	readonly fire: () => void;
}

/** A connector by hand: the test settles the tries, fires the timers and says what chance gives. */
class Bench {
	readonly connector: Connector<string>;
	readonly told: Array<[error: unknown, delay: number, attempt: number]> = [];
	readonly connected: string[] = [];
	readonly givenUp: unknown[] = [];
	readonly discarded: string[] = [];
	readonly timers = new Set<Timer>();
	tries = 0;
	cancelled = 0;
	random = 0.5;
	#resolve!: (value: string) => void;
	#reject!: (error: unknown) => void;

	constructor(options: RetryOptions = {}, startTry?: () => never) {
		const onRetry: RetryOptions['onRetry'] = (error, delay, attempt) => {
			this.told.push([error, delay, attempt]);
			options.onRetry?.(error, delay, attempt);
		};
		this.connector = new Connector<string>(
			{
				retry: normalizeRetry({...options, onRetry}, true),
				startTry: startTry ?? (() => this.#startTry()),
				discard: value => this.discarded.push(value),
				onConnected: value => this.connected.push(value),
				onGivenUp: error => this.givenUp.push(error),
			},
			{
				random: () => this.random,
				after: (ms, fire) => {
					const timer = {ms, fire};
					this.timers.add(timer);
					return () => this.timers.delete(timer);
				},
			},
		);
	}

	get times(): number[] {
		return [...this.timers].map(({ms}) => ms);
	}

	async succeed(value: string): Promise<void> {
		this.#resolve(value);
		await turns(1);
	}

	async fail(error: unknown = refused()): Promise<void> {
		this.#reject(error);
		await turns(1);
	}

	/** The one timer there is. */
	fire(): void {
		const [timer] = this.timers;
		if (timer === undefined || this.timers.size !== 1) throw new Error(`${this.timers.size} timers`);
		this.timers.delete(timer);
		timer.fire();
	}

	#startTry(): Attempt<string> {
		this.tries++;
		const promise = new Promise<string>((resolve, reject) => {
			this.#resolve = resolve;
			this.#reject = reject;
		});
		return {promise, cancel: () => (this.cancelled += 1)};
	}
}

function refused(): BrokenError {
	return new BrokenError('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1', {syscall: 'connect'});
}

// delays

const settings = (options: RetryOptions): RetrySettings => normalizeRetry(options, true);

test('delays double from minDelay to maxDelay', t => {
	const delays = Array.from({length: 9}, (_, index) => retryDelay(index + 1, settings({}), 0.5));
	t.deepEqual(delays, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test('chance makes a delay a quarter shorter or longer, within minDelay and maxDelay', t => {
	const ends = (attempt: number): number[] => [0, 1].map(random => retryDelay(attempt, settings({}), random));
	t.deepEqual(ends(1), [500, 625]);
	t.deepEqual(ends(2), [750, 1250]);
	t.deepEqual(ends(6), [12_000, 20_000]);
	t.deepEqual(ends(7), [22_500, 30_000]);
	t.deepEqual(ends(5000), [22_500, 30_000]);
});

test('whatever the options, a delay follows the rule', t => {
	const ms = fc.double({min: 0.001, max: 1e9, noNaN: true});
	fc.assert(
		fc.property(
			ms,
			ms,
			fc.integer({min: 1, max: 3000}),
			fc.double({min: 0, max: 1, noNaN: true}),
			(a, b, n, chance) => {
				const [minDelay, maxDelay] = [Math.min(a, b), Math.max(a, b)];
				const delay = retryDelay(n, settings({minDelay, maxDelay}), chance);
				const base = Math.min(minDelay * 2 ** (n - 1), maxDelay);
				const isInside = delay >= minDelay && delay <= maxDelay;
				return (
					isInside &&
					(delay >= base * 0.75 || delay === maxDelay) &&
					(delay <= base * 1.25 || delay === minDelay)
				);
			},
		),
	);
	t.pass();
});

test('each failure is told with its delay and number, in order, and the timer is set to that delay', async t => {
	const bench = new Bench({minDelay: 10, maxDelay: 60});
	bench.connector.start();
	const errors = Array.from({length: 5}, refused);
	const chances = [0, 1, 0.5, 0.25, 0.9];
	for (const [index, error] of errors.entries()) {
		t.deepEqual(bench.times, [10_000], 'the limit of the try');
		bench.random = chances[index] as number;
		await bench.fail(error);
		t.deepEqual(bench.times, [bench.told[index]?.[1] as number]);
		bench.fire();
	}

	t.is(bench.tries, 6);
	t.deepEqual(
		bench.told,
		[10, 25, 40, 52.5, 60].map((delay, index) => [errors[index], delay, index + 1]),
	);
	await bench.succeed('peer');
	t.deepEqual(bench.connected, ['peer']);
	t.deepEqual(bench.times, []);
	t.false(bench.connector.isRunning);
});

test('a delay that is Infinity waits without a timer', async t => {
	const bench = new Bench({minDelay: Infinity, maxDelay: Infinity, attemptTimeout: Infinity});
	bench.connector.start();
	t.deepEqual(bench.times, []);
	await bench.fail();
	t.deepEqual(bench.times, []);
	t.true(bench.connector.isRunning);
	bench.connector.stop();
	t.false(bench.connector.isRunning);
});

// the end of trying

const isFinal = test.macro(async (t, error: unknown) => {
	const bench = new Bench();
	bench.connector.start();
	await bench.fail(error);
	t.deepEqual(bench.givenUp, [error]);
	t.deepEqual(bench.told, []);
	t.deepEqual(bench.times, []);
	t.false(bench.connector.isRunning);
});
for (const code of ['EACCES', 'EPERM']) test(`${code} is final`, isFinal, new ResourceError(code, code));
for (const code of ['EBADF', 'EAFNOSUPPORT', 'EINVAL', 'ENOTSOCK'])
	test(`${code} is final`, isFinal, new BrokenError(code, code));
test('a TypeError is final', isFinal, new TypeError('wrong'));
test('a RangeError is final', isFinal, new RangeError('wrong'));
test('what is no error of the library is final', isFinal, 'a string');
test(
	'several addresses that all fail finally are final',
	isFinal,
	new ResourceError('EACCES', 'first', {
		cause: new AggregateError([new ResourceError('EACCES', 'first'), new BrokenError('EINVAL', 'second')]),
	}),
);

const isRetried = test.macro(async (t, error: TcpError) => {
	const bench = new Bench();
	bench.connector.start();
	await bench.fail(error);
	t.deepEqual(bench.told, [[error, 500, 1]]);
	t.deepEqual(bench.givenUp, []);
	bench.fire();
	t.is(bench.tries, 2);
	bench.connector.stop();
});
for (const code of ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRINUSE', 'EADDRNOTAVAIL'])
	test(`${code} is tried again`, isRetried, new ResourceError(code, code));
for (const code of [
	'ECONNREFUSED',
	'ECONNRESET',
	'ENETUNREACH',
	'EHOSTUNREACH',
	'ETIMEDOUT',
	'ENOENT',
	'EAGAIN',
	'ENOTFOUND',
	'EAI_AGAIN',
])
	test(`${code} is tried again`, isRetried, new BrokenError(code, code));
test(
	'several addresses of which one may work are tried again',
	isRetried,
	new ResourceError('EACCES', 'first', {
		cause: new AggregateError([new ResourceError('EACCES', 'first'), refused()]),
	}),
);

test('maxAttempts counts all tries; the last error is given, and not told to onRetry', async t => {
	const bench = new Bench({maxAttempts: 3});
	bench.connector.start();
	const errors = Array.from({length: 3}, refused);
	for (const error of errors) {
		await bench.fail(error);
		if (error !== errors[2]) bench.fire();
	}

	t.deepEqual(
		bench.told.map(([error]) => error),
		errors.slice(0, 2),
	);
	t.deepEqual(bench.givenUp, [errors[2]]);
	t.is(bench.tries, 3);
	t.deepEqual(bench.times, []);
});

test('without retry, a try has no limit of time and is the only one', async t => {
	const givenUp: unknown[] = [];
	const connector = new Connector<string>(
		{
			retry: normalizeRetry(false, true),
			startTry: () => ({promise: Promise.reject(refused()), cancel() {}}),
			discard: () => t.fail(),
			onConnected: () => t.fail(),
			onGivenUp: error => givenUp.push(error),
		},
		{random: () => t.fail(), after: () => t.fail()},
	);
	connector.start();
	t.deepEqual(givenUp, [], 'never from inside');
	await turns(1);
	t.is(givenUp.length, 1);
});

test('a try that cannot even begin is told later, never from inside start', async t => {
	const wrong = new TypeError('wrong');
	const bench = new Bench({}, () => {
		throw wrong;
	});
	bench.connector.start();
	t.deepEqual(bench.givenUp, []);
	await turns(1);
	t.deepEqual(bench.givenUp, [wrong]);
});

// the limit of one try

test('a try that takes too long is cancelled and tried again', async t => {
	const bench = new Bench({attemptTimeout: 70, minDelay: 5});
	bench.connector.start();
	t.deepEqual(bench.times, [70]);
	bench.fire();
	t.is(bench.cancelled, 1);
	const [error, delay, attempt] = bench.told[0] ?? [];
	t.true(error instanceof TimeoutError);
	t.is((error as TimeoutError).code, 'ETIMEDOUT');
	t.regex((error as TimeoutError).message, /\b70 ms\b.*attemptTimeout/u);
	t.deepEqual([delay, attempt], [5, 1]);
	await bench.succeed('late');
	t.deepEqual(bench.discarded, ['late']);
	t.deepEqual(bench.connected, []);
	bench.fire();
	await bench.succeed('peer');
	t.deepEqual(bench.connected, ['peer']);
});

test('the last try that takes too long gives its TimeoutError', t => {
	const bench = new Bench({attemptTimeout: 70, maxAttempts: 1});
	bench.connector.start();
	bench.fire();
	t.true(bench.givenUp[0] instanceof TimeoutError);
});

// stop and start

test('stop during a try cancels it; what it brings all the same is discarded', async t => {
	const bench = new Bench();
	bench.connector.start();
	bench.connector.stop();
	bench.connector.stop();
	t.is(bench.cancelled, 1);
	t.deepEqual(bench.times, []);
	await bench.succeed('late');
	t.deepEqual([bench.discarded, bench.connected, bench.givenUp, bench.told], [['late'], [], [], []]);
});

test('stop in the microtask after the success: the connection is discarded, not leaked', async t => {
	const bench = new Bench();
	bench.connector.start();
	const succeeding = bench.succeed('peer');
	bench.connector.stop();
	await succeeding;
	t.deepEqual([bench.discarded, bench.connected], [['peer'], []]);
});

test('stop during a try that then fails: nobody is told', async t => {
	const bench = new Bench();
	bench.connector.start();
	bench.connector.stop();
	await bench.fail();
	t.deepEqual([bench.told, bench.givenUp, bench.times], [[], [], []]);
});

test('stop between two tries takes the timer back', async t => {
	const bench = new Bench();
	bench.connector.start();
	await bench.fail();
	bench.connector.stop();
	t.deepEqual(bench.times, []);
	t.is(bench.tries, 1);
	t.is(bench.cancelled, 0);
});

test('stop inside onRetry', async t => {
	const bench: Bench = new Bench({
		onRetry() {
			bench.connector.stop();
		},
	});
	bench.connector.start();
	await bench.fail();
	t.false(bench.connector.isRunning);
	t.deepEqual(bench.times, []);
});

test('stop before it was started does nothing', t => {
	const bench = new Bench();
	bench.connector.stop();
	t.is(bench.tries, 0);
});

test('start does nothing while it runs', async t => {
	const bench = new Bench();
	bench.connector.start();
	bench.connector.start();
	t.is(bench.tries, 1);
	await bench.fail();
	bench.connector.start();
	t.is(bench.tries, 1);
	t.is(bench.timers.size, 1);
});

test('started again after a success, delays and tries begin anew', async t => {
	const bench = new Bench({maxAttempts: 3});
	bench.connector.start();
	await bench.fail();
	bench.fire();
	await bench.fail();
	bench.fire();
	await bench.succeed('first');
	bench.connector.start();
	await bench.fail();
	bench.fire();
	await bench.succeed('second');
	t.deepEqual(
		bench.told.map(([, delay, attempt]) => [delay, attempt]),
		[
			[500, 1],
			[1000, 2],
			[500, 1],
		],
	);
	t.deepEqual(bench.connected, ['first', 'second']);
});

test('a start right after a stop forgets the old try', async t => {
	const bench = new Bench();
	bench.connector.start();
	const succeedOld = bench.succeed('old');
	bench.connector.stop();
	bench.connector.start();
	await succeedOld;
	t.deepEqual([bench.discarded, bench.connected], [['old'], []]);
	await bench.succeed('new');
	t.deepEqual(bench.connected, ['new']);
});

test('the first delay after a drop is random, up to 1,000 ms', async t => {
	for (const [random, ms] of [
		[0.001, 1],
		[0.5, 500],
		[0.999, 999],
	] as const) {
		const bench = new Bench();
		bench.random = random;
		bench.connector.startAfterDrop();
		t.deepEqual(bench.times, [ms]);
		t.is(bench.tries, 0);
		bench.fire();
		t.is(bench.tries, 1);
		bench.random = 0.5;
		await bench.fail();
		t.deepEqual(
			bench.told.map(([, delay, attempt]) => [delay, attempt]),
			[[500, 1]],
		);
	}
});

test('stop during the first delay', t => {
	const bench = new Bench();
	bench.connector.start(40);
	t.deepEqual(bench.times, [40]);
	bench.connector.stop();
	t.deepEqual(bench.times, []);
	t.is(bench.tries, 0);
});

// callbacks

test.serial('what onRetry throws is an uncaughtException, and the retrying goes on', async t => {
	const mine = new Error('mine');
	const uncaught: unknown[] = [];
	const others = process.listeners('uncaughtException');
	process.removeAllListeners('uncaughtException');
	process.on('uncaughtException', error => uncaught.push(error));
	const bench = new Bench({
		onRetry() {
			throw mine;
		},
	});
	try {
		bench.connector.start();
		await bench.fail();
		await turns(2);
	} finally {
		process.removeAllListeners('uncaughtException');
		for (const other of others) process.on('uncaughtException', other);
	}

	t.deepEqual(uncaught, [mine]);
	bench.fire();
	t.is(bench.tries, 2);
	bench.connector.stop();
});

test('callbacks run in the async context of the construction', async t => {
	const storage = new AsyncLocalStorage<string>();
	const seen: unknown[] = [];
	const bench = storage.run('mine', () => new Bench({onRetry: () => seen.push(storage.getStore())}));
	storage.run('another', () => {
		bench.connector.start();
	});
	await bench.fail();
	storage.run('a third', () => {
		bench.fire();
	});
	await bench.fail();
	bench.connector.stop();
	t.deepEqual(seen, ['mine', 'mine']);
});
