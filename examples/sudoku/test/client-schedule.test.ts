import test from 'ava';
import fc from 'fast-check';
import {Schedule} from '../client/schedule.js';

test('at 5,000 per second each tick of 1 ms has 5 requests', t => {
	const schedule = new Schedule({rate: 5000, tick: 1, duration: 10_000, start: 100});
	t.is(schedule.total, 50_000);
	t.deepEqual(schedule.due(99.9), []);
	t.deepEqual(schedule.due(100), [{at: 100, requests: 5}]);
	t.is(schedule.next, 101);
	t.deepEqual(schedule.due(100.9), []);
	const rest = schedule.due(100 + 10_000);
	t.is(rest.length, 9999);
	t.true(rest.every(({requests}) => requests === 5));
	t.true(schedule.isOver);
});

test('a generator that comes late is given what it has missed, with the times at which it was due', t => {
	const schedule = new Schedule({rate: 1000, tick: 10, duration: 1000, start: 0});
	t.deepEqual(schedule.due(35), [
		{at: 0, requests: 10},
		{at: 10, requests: 10},
		{at: 20, requests: 10},
		{at: 30, requests: 10},
	]);
	t.deepEqual(schedule.due(39), []);
	t.is(schedule.next, 40);
});

test('a rate below one per tick has its requests at the right ticks, the first at the start', t => {
	const schedule = new Schedule({rate: 2, tick: 100, duration: 2000, start: 0});
	const ticks = schedule.due(Infinity).filter(({requests}) => requests > 0);
	t.deepEqual(ticks, [
		{at: 0, requests: 1},
		{at: 500, requests: 1},
		{at: 1000, requests: 1},
		{at: 1500, requests: 1},
	]);
});

test('a request is never due before its time in an even stream, nor a tick after it, and all are given, at any rate', t => {
	fc.assert(
		fc.property(
			fc.integer({min: 1, max: 20_000}),
			fc.integer({min: 1, max: 50}),
			fc.integer({min: 1, max: 500}),
			(rate, tick, duration) => {
				const schedule = new Schedule({rate, tick, duration, start: 0});
				let given = 0;
				for (let now = 0; !schedule.isOver; now += tick / 3) {
					for (const {at, requests} of schedule.due(now)) {
						given += requests;
						const evenlyBefore = (at * rate) / 1000;
						const evenlyWithin = ((at + tick) * rate) / 1000;
						if (
							given < Math.min(schedule.total, Math.floor(evenlyBefore)) ||
							given > Math.ceil(evenlyWithin)
						)
							return false;
					}
				}

				return given === schedule.total && given === Math.max(1, Math.round((rate * duration) / 1000));
			},
		),
		// Half a request: 2.3 per ms for 45 ms are a little less to a computer.
		{examples: [[2300, 1, 45]]},
	);
	t.pass();
});
