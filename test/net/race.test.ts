import test from 'ava';
import fc from 'fast-check';
import {BrokenError} from '../../src/errors.js';
import {raceAttempts, type Race} from '../../src/net/race.js';

/** A race by hand: the test settles the attempts and fires the timer. */
class Track {
	readonly race: Race<string>;
	readonly started: string[] = [];
	readonly cancelled: string[] = [];
	readonly discarded: string[] = [];
	readonly delays: number[] = [];
	timer: (() => void) | undefined;
	readonly #settlers = new Map<string, {resolve(value: string): void; reject(error: unknown): void}>();

	constructor(
		addresses: readonly string[],
		{attemptDelay = 250, throwing = []}: {attemptDelay?: number; throwing?: readonly string[]} = {},
	) {
		this.race = raceAttempts(addresses, {
			attemptDelay,
			start: address => {
				this.started.push(address);
				if (throwing.includes(address)) throw failure(address);
				const promise = new Promise<string>((resolve, reject) => {
					this.#settlers.set(address, {resolve, reject});
				});
				return {promise, cancel: () => this.cancelled.push(address)};
			},
			after: (ms, callback) => {
				this.delays.push(ms);
				this.timer = callback;
				return () => {
					this.timer = undefined;
				};
			},
			discard: value => this.discarded.push(value),
		});
		this.race.promise.catch(() => {}); // looked at by the tests that care
	}

	async succeed(address: string): Promise<void> {
		this.#settlers.get(address)?.resolve(`value ${address}`);
		await settled();
	}

	async fail(address: string, error: unknown = failure(address)): Promise<void> {
		this.#settlers.get(address)?.reject(error);
		await settled();
	}

	fire(): void {
		const {timer} = this;
		this.timer = undefined;
		timer?.();
	}
}

/** All microtasks that are due have run. */
async function settled(): Promise<void> {
	await new Promise(resolve => {
		setImmediate(resolve);
	});
}

function failure(address: string): BrokenError {
	return new BrokenError('ECONNREFUSED', `connect ECONNREFUSED ${address}:80`, {
		syscall: 'connect',
		address,
		port: 80,
	});
}

test('one address that succeeds is the result', async t => {
	const track = new Track(['a']);
	await track.succeed('a');
	t.is(await track.race.promise, 'value a');
	t.deepEqual(track.delays, []);
});

test('one address that fails rejects with its very error', async t => {
	const track = new Track(['a']);
	const error = failure('a');
	await track.fail('a', error);
	t.is(await t.throwsAsync(track.race.promise), error);
});

test('the next attempt begins after the delay, and earlier ones go on', async t => {
	const track = new Track(['a', 'b', 'c']);
	t.deepEqual(track.started, ['a']);
	track.fire();
	t.deepEqual(track.started, ['a', 'b']);
	track.fire();
	t.deepEqual(track.started, ['a', 'b', 'c']);
	t.is(track.timer, undefined);
	t.deepEqual(track.delays, [250, 250]);
	await track.succeed('a');
	t.is(await track.race.promise, 'value a');
	t.deepEqual(track.cancelled, ['b', 'c']);
});

test('the next attempt begins at once when the newest fails', async t => {
	const track = new Track(['a', 'b', 'c']);
	await track.fail('a');
	t.deepEqual(track.started, ['a', 'b']);
	t.deepEqual(track.delays, [250, 250]);
	await track.succeed('b');
	t.is(await track.race.promise, 'value b');
	t.deepEqual(track.cancelled, []);
	t.is(track.timer, undefined);
});

test('an older attempt that fails does not hurry the next one', async t => {
	const track = new Track(['a', 'b', 'c']);
	track.fire();
	await track.fail('a');
	t.deepEqual(track.started, ['a', 'b']);
	t.not(track.timer, undefined);
});

test('an infinite delay begins the next attempt only after a failure', async t => {
	const track = new Track(['a', 'b'], {attemptDelay: Infinity});
	t.deepEqual(track.delays, []);
	await track.fail('a');
	t.deepEqual(track.started, ['a', 'b']);
});

test('an attempt that cannot even begin has failed', async t => {
	const track = new Track(['a', 'b'], {throwing: ['a']});
	await settled();
	t.deepEqual(track.started, ['a', 'b']);
	await track.succeed('b');
	t.is(await track.race.promise, 'value b');
});

test('if all fail, the error is that of the first address, with all as its cause', async t => {
	const track = new Track(['a', 'b', 'c']);
	track.fire();
	track.fire();
	for (const address of ['c', 'a', 'b']) await track.fail(address);
	const error = await t.throwsAsync(track.race.promise, {
		instanceOf: BrokenError,
		message: 'connect ECONNREFUSED a:80',
		code: 'ECONNREFUSED',
	});
	t.like(error, {address: 'a', port: 80, syscall: 'connect', bytesSent: 0});
	const {cause} = error;
	t.true(cause instanceof AggregateError);
	t.deepEqual(
		(cause as AggregateError).errors.map(each => (each as BrokenError).address),
		['a', 'b', 'c'],
	);
});

test("an error that is not the library's comes out as it is", async t => {
	const track = new Track(['a', 'b']);
	const error = new TypeError('a bug');
	await track.fail('a', error);
	await track.fail('b');
	t.is(await t.throwsAsync(track.race.promise), error);
});

test('a value that comes too late is discarded', async t => {
	const track = new Track(['a', 'b']);
	track.fire();
	await track.succeed('b');
	await track.succeed('a');
	t.is(await track.race.promise, 'value b');
	t.deepEqual(track.discarded, ['value a']);
});

test('an attempt that fails after it was cancelled changes nothing', async t => {
	const track = new Track(['a', 'b', 'c']);
	track.fire();
	await track.succeed('a');
	await track.fail('b');
	t.deepEqual(track.started, ['a', 'b']);
	t.is(await track.race.promise, 'value a');
});

test('cancelling the race ends all attempts and rejects with the reason', async t => {
	const track = new Track(['a', 'b', 'c']);
	track.fire();
	const reason = new Error('enough');
	track.race.cancel(reason);
	t.is(await t.throwsAsync(track.race.promise), reason);
	t.deepEqual(track.cancelled, ['a', 'b']);
	t.is(track.timer, undefined);
	await track.succeed('a');
	await track.fail('b');
	t.deepEqual(track.discarded, ['value a']);
	t.deepEqual(track.started, ['a', 'b']);
});

test('cancelling the race after its end does nothing', async t => {
	const track = new Track(['a']);
	await track.succeed('a');
	track.race.cancel(new Error('late'));
	t.is(await track.race.promise, 'value a');
	t.deepEqual(track.cancelled, []);
	t.deepEqual(track.discarded, []);
});

test('two that succeed in one turn: the first wins, the other is discarded', async t => {
	const track = new Track(['a', 'b']);
	track.fire();
	await Promise.all([track.succeed('b'), track.succeed('a')]);
	t.is(await track.race.promise, 'value b');
	t.deepEqual(track.discarded, ['value a']);
});

test('a race without an address is a mistake', t => {
	t.throws(() => new Track([]), {instanceOf: RangeError});
});

test('in any order of events every value is the result or discarded, once', async t => {
	const event = fc.record({kind: fc.constantFrom('succeed', 'fail', 'fire', 'cancel'), which: fc.nat({max: 4})});
	await fc.assert(
		fc.asyncProperty(fc.integer({min: 1, max: 5}), fc.array(event, {maxLength: 12}), async (count, events) => {
			const addresses = Array.from({length: count}, (_, index) => `${index}`);
			const track = new Track(addresses);
			const outcomes: unknown[] = [];
			track.race.promise.then(
				value => outcomes.push(value),
				() => outcomes.push('failed'),
			);
			const produced = new Set<string>();
			const done = new Set<string>();
			for (const {kind, which} of events) {
				const address = `${which % count}`;
				if (kind === 'fire') track.fire();
				else if (kind === 'cancel') track.race.cancel(new Error('cancelled'));
				else if (track.started.includes(address) && !done.has(address)) {
					done.add(address);
					if (kind === 'succeed') produced.add(`value ${address}`);
					await (kind === 'succeed' ? track.succeed(address) : track.fail(address));
				}
			}

			await settled();
			t.true(outcomes.length <= 1);
			const kept = outcomes.filter(outcome => outcome !== 'failed');
			t.deepEqual([...kept, ...track.discarded].sort(), [...produced].sort());
			t.is(new Set(track.started).size, track.started.length);
			if (outcomes.length === 1) {
				t.is(track.timer, undefined);
				// Each is settled or cancelled, never left running, never both.
				const left = track.started.filter(address => !track.cancelled.includes(address));
				t.true(left.every(address => done.has(address)));
			}
		}),
		{numRuns: 200},
	);
});
