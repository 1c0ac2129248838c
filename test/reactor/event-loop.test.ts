import {performance} from 'node:perf_hooks';
import {setImmediate as nextRound} from 'node:timers/promises';
import test from 'ava';
import {EventLoop, type TimerId} from '../../src/reactor/index.js';

const loop = EventLoop.current();

/** Resolves when `count` calls of what it gives have come. */
function countdown(count: number): {hit: () => void; done: Promise<void>} {
	let left = count;
	let resolve!: () => void;
	const done = new Promise<void>(resolved => {
		resolve = resolved;
	});
	return {
		hit() {
			if (--left === 0) resolve();
		},
		done,
	};
}

test('there is one loop per thread, and no way to make another', t => {
	t.is(EventLoop.current(), loop);
	t.true(loop instanceof EventLoop);
});

test('now() is on the scale of performance.now()', t => {
	const before = performance.now();
	const now = loop.now();
	t.true(before <= now && now <= performance.now());
});

test('timers are called in the order of their times, equal ones in the order of arming, and never early', async t => {
	const base = loop.now() + 5;
	const called: string[] = [];
	const {hit, done} = countdown(6);
	const arm = (name: string, time: number): void => {
		loop.runAt(time, () => {
			if (loop.now() < time) called.push('early');
			called.push(name);
			hit();
		});
	};
	arm('c1', base + 3);
	arm('a1', base + 1);
	arm('c2', base + 3);
	arm('a2', base + 1);
	arm('b', base + 2);
	arm('past', base - 100);
	await done;
	t.deepEqual(called, ['past', 'a1', 'a2', 'b', 'c1', 'c2']);
});

test('1,000 timers of random times are never early, and in order', async t => {
	const {hit, done} = countdown(1000);
	let last = 0;
	let isOrdered = true;
	for (let count = 0; count < 1000; count++) {
		const time = loop.now() + ((count * 7919) % 50);
		loop.runAt(time, () => {
			if (time < last || loop.now() < time) isOrdered = false;
			last = time;
			hit();
		});
	}

	await done;
	t.true(isOrdered);
});

test('a callback may cancel itself, others, and those of the same moment', async t => {
	const called: string[] = [];
	const time = loop.now() + 3;
	const {hit, done} = countdown(2);
	const own: TimerId = loop.runAt(time, () => {
		called.push('first');
		t.false(loop.cancel(own));
		t.true(loop.cancel(second));
		t.false(loop.cancel(second));
		t.true(loop.cancel(later));
		hit();
	});
	const second = loop.runAt(time, () => called.push('second'));
	const later = loop.runAt(time + 1, () => called.push('later'));
	loop.runAt(time + 5, hit);
	await done;
	t.deepEqual(called, ['first']);
});

test('a timer that arms one of 0 ms hears of it in another turn, and everything else goes on', async t => {
	const {hit, done} = countdown(200);
	let immediates = 0;
	let isRunning = true as boolean;
	void (async () => {
		for (; isRunning; immediates++) await nextRound();
	})();
	const again = (): void => {
		hit();
		if (isRunning) loop.runAfter(0, again);
	};
	loop.runAfter(0, again);
	await done;
	isRunning = false;
	t.true(immediates > 20, `${immediates} rounds of Node's loop`);
});

test('runEvery keeps its beat: it does not drift, and skips what was missed', async t => {
	const period = 4;
	const start = loop.now();
	const times: number[] = [];
	await new Promise<void>(resolve => {
		const timer = loop.runEvery(period, () => {
			times.push(loop.now());
			if (times.length === 3) {
				const until = loop.now() + 5.5 * period;
				while (loop.now() < until);
			}

			if (times.length < 10) return;
			t.true(loop.cancel(timer));
			resolve();
		});
	});
	for (const [index, time] of times.entries()) {
		// Each beat at most once, and none before its time.
		t.true(time - start >= (index + 1) * period, times.map(value => (value - start).toFixed(2)).join(' '));
	}

	t.true((times[3] as number) - (times[2] as number) > 5 * period);
});

test('arming and cancelling a million timers leaves none', t => {
	const before = loop.stats.timers;
	const timers: TimerId[] = [];
	for (let count = 0; count < 1_000_000; count++) timers.push(loop.runAfter(1000 + (count % 977), t.fail));
	t.is(loop.stats.timers, before + 1_000_000);
	for (const timer of timers) loop.cancel(timer);
	t.is(loop.stats.timers, before);
});

test('what is queued runs in the next turn, in order, and what it queues in another', async t => {
	const called: string[] = [];
	const {hit, done} = countdown(1);
	const {iterations} = loop.stats;
	loop.queueInLoop(() => {
		called.push('first');
		loop.queueInLoop(() => {
			called.push('of the first');
			t.true(loop.stats.iterations >= iterations + 2);
			hit();
		});
	});
	loop.queueInLoop(() => called.push('second'));
	t.is(loop.stats.queued, 2);
	t.deepEqual(called, []);
	await done;
	t.deepEqual(called, ['first', 'second', 'of the first']);
	t.is(loop.stats.queued, 0);
});

test('runInLoop runs at once, and what it throws comes back', t => {
	let isCalled = false as boolean;
	loop.runInLoop(() => {
		isCalled = true;
	});
	t.true(isCalled);
	t.throws(
		() => {
			loop.runInLoop(() => {
				throw new Error('mine');
			});
		},
		{message: 'mine'},
	);
});

test.serial('what a timer or a queued function throws is an uncaughtException, and the others are called', async t => {
	const errors: unknown[] = [];
	const listeners = process.listeners('uncaughtException');
	process.removeAllListeners('uncaughtException');
	const {hit, done} = countdown(4);
	process.on('uncaughtException', error => {
		errors.push(error.message);
		hit();
	});
	const time = loop.now() + 1;
	loop.runAt(time, () => {
		throw new Error('timer');
	});
	loop.runAt(time, hit);
	loop.queueInLoop(() => {
		throw new Error('queued');
	});
	loop.queueInLoop(hit);
	await done;
	process.removeAllListeners('uncaughtException');
	for (const listener of listeners) process.on('uncaughtException', listener);
	t.deepEqual(errors.sort(), ['queued', 'timer']);
});

const wrongDelays: ReadonlyArray<[unknown, 'TypeError' | 'RangeError']> = [
	[Number.NaN, 'RangeError'],
	[-1, 'RangeError'],
	[Infinity, 'RangeError'],
	[2 ** 53, 'RangeError'],
	['5', 'TypeError'],
	[5n, 'TypeError'],
	[undefined, 'TypeError'],
	[null, 'TypeError'],
];

test('wrong delays, times and callbacks are refused, and nothing is armed', t => {
	const before = loop.stats;
	for (const [value, name] of wrongDelays) {
		const delay = value as number;
		t.throws(() => loop.runAfter(delay, t.fail), {name}, String(value));
		t.throws(() => loop.runEvery(delay, t.fail), {name}, String(value));
		if (value !== -1 && value !== 2 ** 53) t.throws(() => loop.runAt(delay, t.fail), {name}, String(value));
	}

	t.throws(() => loop.runEvery(0, t.fail), {instanceOf: RangeError});
	for (const callback of [undefined, null, 'x', {}] as unknown[]) {
		t.throws(() => loop.runAfter(1, callback as () => void), {instanceOf: TypeError});
		t.throws(
			() => {
				loop.queueInLoop(callback as () => void);
			},
			{instanceOf: TypeError},
		);
		t.throws(
			() => {
				loop.runInLoop(callback as () => void);
			},
			{instanceOf: TypeError},
		);
		t.throws(() => loop.cancel(callback as TimerId), {instanceOf: TypeError});
	}

	t.deepEqual({...loop.stats, iterations: 0}, {...before, iterations: 0});
});
