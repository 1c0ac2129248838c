import test from 'ava';
import fc from 'fast-check';
import {Deadline, DeadlineQueue, type Waiting} from '../../src/loop/deadlines.js';

interface Changeable extends Waiting {
	when: number;
}

function deadline(when: number, onDeadline: () => void = () => {}): Changeable {
	return {when, order: 0, isQueued: false, onDeadline};
}

function makeQueue(): {queue: DeadlineQueue; armed: number[]} {
	const armed: number[] = [];
	return {queue: new DeadlineQueue(when => armed.push(when)), armed};
}

test('deadlines are called in the order of their times', t => {
	const {queue} = makeQueue();
	const called: number[] = [];
	for (const when of [5, 1, 4, 2, 3, 9]) queue.add(deadline(when, () => called.push(when)));
	queue.expire(5);
	t.deepEqual(called, [1, 2, 3, 4, 5]);
	t.is(queue.next(), 9);
	t.is(queue.size, 1);
});

test('an empty queue has no next time', t => {
	const {queue, armed} = makeQueue();
	t.is(queue.next(), undefined);
	queue.expire(5);
	t.deepEqual(armed, []);
});

test('the timer is armed only for what is earlier', t => {
	const {queue, armed} = makeQueue();
	for (const when of [5, 7, 5, 3, 4]) queue.add(deadline(when));
	t.deepEqual(armed, [5, 3]);
});

test('removing the earliest leaves the timer armed; it finds nothing and is armed again', t => {
	const {queue, armed} = makeQueue();
	const early = deadline(3);
	queue.add(early);
	queue.add(deadline(8));
	queue.remove(early);
	t.deepEqual(armed, [3]);
	queue.add(deadline(5));
	t.deepEqual(armed, [3]);
	queue.expire(3);
	t.deepEqual(armed, [3, 5]);
});

test('a timer that fires before its time is armed again', t => {
	const {queue, armed} = makeQueue();
	queue.add(deadline(3));
	queue.expire(2.9);
	t.deepEqual(armed, [3, 3]);
});

test('a deadline of Infinity never arms the timer', t => {
	const {queue, armed} = makeQueue();
	queue.add(deadline(Infinity));
	queue.expire(1e300);
	t.deepEqual(armed, []);
});

test('a deadline is out of the queue when it is called, and may be added again', t => {
	const {queue, armed} = makeQueue();
	const again = deadline(1, () => {
		t.false(again.isQueued);
		again.when = 10;
		queue.add(again);
	});
	queue.add(again);
	queue.expire(1);
	t.deepEqual(armed, [1, 10]);
});

test('what is added while deadlines are called waits, even if it is due', t => {
	const {queue, armed} = makeQueue();
	let calls = 0;
	const forever = deadline(1, () => {
		calls++;
		queue.add(forever);
	});
	queue.add(forever);
	queue.expire(5);
	t.is(calls, 1);
	t.deepEqual(armed, [1, 1]);
	queue.expire(5);
	t.is(calls, 2);
});

test('what a slice does not get round to comes first in the next one, for which the timer is armed at once', t => {
	const {queue, armed} = makeQueue();
	const called: number[] = [];
	const add = (when: number): void => {
		queue.add(deadline(when, () => called.push(when)));
	};
	const isThird = (): boolean => called.length % 3 === 0;
	for (const when of [5, 1, 4, 2, 3, 9]) add(when);
	queue.expire(5, isThird);
	t.deepEqual(called, [1, 2, 3]);
	t.is(queue.size, 3);
	t.is(queue.next(), 4);
	t.deepEqual(armed.splice(0), [5, 1, 4]);
	// Due before the two, but added behind them.
	add(0);
	t.deepEqual(armed.splice(0), []);
	queue.expire(5, isThird);
	t.deepEqual(called, [1, 2, 3, 4, 5]);
	t.deepEqual(armed.splice(0), [0]);
	queue.expire(5, isThird);
	t.deepEqual(called, [1, 2, 3, 4, 5, 0]);
	t.deepEqual(armed, [9]);
});

test('what is removed between two slices is not called in the second', t => {
	const {queue, armed} = makeQueue();
	const called: number[] = [];
	const all = [1, 2, 3].map(when => deadline(when, () => called.push(when)));
	for (const one of all) queue.add(one);
	queue.expire(3, () => true);
	queue.remove(all[1] as Waiting);
	t.is(queue.next(), 3);
	queue.expire(3, () => true);
	t.deepEqual(called, [1, 3]);
	t.is(queue.size, 0);
	t.is(queue.next(), undefined);
	queue.expire(3);
	t.deepEqual(called, [1, 3]);
	t.deepEqual(armed, [1, 2]);
});

test('a deadline may remove another that is due', t => {
	const {queue} = makeQueue();
	const second = deadline(2, () => t.fail());
	queue.add(deadline(1, () => queue.remove(second)));
	queue.add(second);
	queue.expire(5);
	t.false(second.isQueued);
	t.is(queue.size, 0);
});

test('a deadline may put off another that is due', t => {
	const {queue, armed} = makeQueue();
	let calls = 0;
	const count = {onDeadline: () => calls++};
	const second = new Deadline(2, count);
	queue.add(
		deadline(1, () => {
			queue.remove(second);
			queue.add(new Deadline(8, count));
		}),
	);
	queue.add(second);
	queue.expire(5);
	t.is(calls, 0);
	t.deepEqual(armed, [1, 8]);
	queue.expire(8);
	t.is(calls, 1);
});

test('expire inside a deadline does nothing', t => {
	const {queue} = makeQueue();
	const called: number[] = [];
	queue.add(
		deadline(1, () => {
			queue.expire(9);
			called.push(1);
		}),
	);
	queue.add(deadline(2, () => called.push(2)));
	queue.expire(5);
	t.deepEqual(called, [1, 2]);
});

test('a deadline that throws does not keep the others from being called', async t => {
	const {queue, armed} = makeQueue();
	const error = new Error('thrown');
	const thrown = new Promise(resolve => {
		process.setUncaughtExceptionCaptureCallback(resolve);
	});
	t.teardown(() => process.setUncaughtExceptionCaptureCallback(null));
	let calls = 0;
	queue.add(
		deadline(1, () => {
			throw error;
		}),
	);
	queue.add(deadline(2, () => calls++));
	queue.add(deadline(9));
	queue.expire(5);
	t.is(calls, 1);
	t.deepEqual(armed, [1, 9]);
	t.is(await thrown, error);
});

test('any sequence of calls does what a sorted list would do', t => {
	const time = fc.integer({min: 0, max: 20});
	const operation = fc.oneof(
		{weight: 4, arbitrary: fc.record({kind: fc.constant('add' as const), when: time})},
		{weight: 2, arbitrary: fc.record({kind: fc.constant('remove' as const), which: fc.nat()})},
		{weight: 1, arbitrary: fc.record({kind: fc.constant('expire' as const), now: time})},
	);
	fc.assert(
		fc.property(fc.array(operation, {maxLength: 200}), operations => {
			const {queue, armed} = makeQueue();
			const known: Changeable[] = [];
			const queued = new Set<Changeable>();
			let called: number[] = [];
			for (const step of operations) {
				if (step.kind === 'add') {
					const added = deadline(step.when, () => {
						called.push(added.when);
						queued.delete(added);
					});
					known.push(added);
					queued.add(added);
					queue.add(added);
				} else if (step.kind === 'remove') {
					const removed = known[step.which % Math.max(known.length, 1)];
					if (removed === undefined) continue;
					queued.delete(removed);
					queue.remove(removed);
				} else {
					const due = [...queued]
						.map(({when}) => when)
						.filter(when => when <= step.now)
						.sort((a, b) => a - b);
					called = [];
					queue.expire(step.now);
					t.deepEqual(called, due);
				}

				const times = [...queued].map(({when}) => when);
				if (queue.size !== times.length) return false;
				if (queue.next() !== (times.length === 0 ? undefined : Math.min(...times))) return false;
				// Whatever is armed last is never too late.
				if (times.length > 0 && !(Math.min(...armed.slice(-1)) <= Math.min(...times))) return false;
				for (const [index, entry] of known.entries())
					if (entry.isQueued !== queued.has(entry)) return t.fail(`entry ${index}`);
			}

			return true;
		}),
		{numRuns: 300},
	);
	t.pass();
});
