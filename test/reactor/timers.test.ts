import {readdirSync, readFileSync} from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import {EventLoop, type TimerId} from '../../src/reactor/index.js';
import {runChild} from '../support/child.js';
import {turns} from '../support/server-peers.js';

const loop = EventLoop.current();
const reactor = new URL('../../src/reactor/index.ts', import.meta.url).href;

type Step =
	| {
			readonly kind: 'arm';
			readonly delay: number;
			readonly then: ReadonlyArray<'cancel one' | 'arm 0' | 'cancel itself'>;
	  }
	| {readonly kind: 'cancel'; readonly which: number};

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
	fc.oneof(
		{
			weight: 3,
			arbitrary: fc.record({
				kind: fc.constant('arm' as const),
				delay: fc.constantFrom(0, 0.1, 1, 1, 2, 3.5),
				then: fc.array(fc.constantFrom('cancel one' as const, 'arm 0' as const, 'cancel itself' as const), {
					maxLength: 2,
				}),
			}),
		},
		{weight: 1, arbitrary: fc.record({kind: fc.constant('cancel' as const), which: fc.nat()})},
	),
	{maxLength: 40},
);

test.serial(
	'whatever is armed and cancelled, also from callbacks: each once, never early, in order, never after its cancel',
	async t => {
		await fc.assert(
			fc.asyncProperty(steps, async script => {
				const faults: string[] = [];
				const armed = new Map<TimerId, number>();
				let last = 0;
				const cancelOne = (which: number): void => {
					const timer = [...armed.keys()][which % Math.max(armed.size, 1)];
					if (timer === undefined) return;
					if (!loop.cancel(timer)) faults.push('an armed one could not be cancelled');
					if (loop.cancel(timer)) faults.push('one could be cancelled twice');
					armed.delete(timer);
				};
				const arm = (delay: number, then: Extract<Step, {kind: 'arm'}>['then']): void => {
					const time = loop.now() + delay;
					const timer = loop.runAt(time, () => {
						if (!armed.delete(timer)) faults.push('called twice, or after its cancel');
						if (loop.now() < time) faults.push('early');
						if (time < last) faults.push('out of order');
						last = time;
						for (const what of then) {
							if (what === 'arm 0') arm(0, []);
							else if (what === 'cancel one') cancelOne(delay * 7);
							else if (loop.cancel(timer)) faults.push('it could cancel itself while it ran');
						}

						if (loop.stats.timers !== armed.size)
							faults.push(`${loop.stats.timers} told, ${armed.size} armed`);
					});
					armed.set(timer, time);
				};
				for (const step of script) {
					if (step.kind === 'arm') arm(step.delay, step.then);
					else cancelOne(step.which);
				}

				if (loop.stats.timers !== armed.size) faults.push(`${loop.stats.timers} told, ${armed.size} armed`);
				while (armed.size > 0 && faults.length === 0) await turns(1);
				if (faults.length > 0) throw new Error(faults.join('; '));
			}),
			{numRuns: 100},
		);
		t.is(loop.stats.timers, 0);
	},
);

test.serial('an interval shorter than any clock can tell goes on, once a turn', async t => {
	for (const interval of [Number.MIN_VALUE, 1e-12, 1e-6]) {
		let calls = 0;
		const timer = loop.runEvery(interval, () => calls++);
		while (calls < 20) await turns(1);
		t.true(loop.cancel(timer));
		const after = calls;
		await turns(3);
		t.is(calls, after);
	}
});

test.serial('runEvery cancelled by itself, by another of the same moment, and armed anew inside', async t => {
	const log: string[] = [];
	await new Promise<void>(resolve => {
		const own = loop.runEvery(1, () => {
			log.push('own');
			if (log.length === 1) return;
			t.true(loop.cancel(own));
			t.false(loop.cancel(own));
			loop.runAfter(0, resolve);
		});
	});
	t.deepEqual(log, ['own', 'own']);
	await turns(3);
	t.deepEqual(log, ['own', 'own']);
	t.is(loop.stats.timers, 0);
});

test.serial('over 200 beats, one of them late: not one too many, and what was missed is skipped', async t => {
	const interval = 0.7;
	const start = loop.now();
	const times: number[] = [];
	const lateBeat = 50;
	await new Promise<void>(resolve => {
		const timer = loop.runEvery(interval, () => {
			const now = loop.now();
			times.push(now);
			if (times.length === lateBeat) while (loop.now() < now + 10 * interval);
			if (times.length < 200) return;
			loop.cancel(timer);
			resolve();
		});
	});
	// A beat of its own for each call: they began behind `start`, and none of them is early.
	for (const [index, time] of times.entries()) t.true(time - start >= (index + 1) * interval, `call ${index + 1}`);
	// What the late one missed is skipped, not made up for.
	t.true((times.at(-1) as number) - start >= (200 + 9) * interval);
});

test.serial('a delay of centuries arms, holds nothing up and can be cancelled', t => {
	const far = [
		loop.runAfter(2 ** 53 - 1, t.fail),
		loop.runAt(Number.MAX_VALUE, t.fail),
		loop.runEvery(2 ** 53 - 1, t.fail),
	];
	t.is(loop.stats.timers, 3);
	for (const timer of far) t.true(loop.cancel(timer));
	t.is(loop.stats.timers, 0);
});

test.serial('a callback that throws does not cost a repeating timer its next beat', async t => {
	const outcome = await runChild(`
		const {EventLoop} = await import(${JSON.stringify(reactor)});
		const loop = EventLoop.current();
		process.on('uncaughtException', error => console.log(error.message));
		let calls = 0;
		const timer = loop.runEvery(1, () => {
			if (++calls === 3) loop.cancel(timer);
			throw new Error('beat ' + calls);
		});
	`);
	t.is(outcome.stdout, 'beat 1\nbeat 2\nbeat 3\n', outcome.stderr);
	t.is(outcome.code, 0);
});

test.serial('a wall clock that is stepped does not matter: the timers stand on CLOCK_MONOTONIC', t => {
	const timer = loop.runAfter(1000, t.fail);
	// proc(5): what a timerfd is set to, and by which clock.
	const clocks = readdirSync('/proc/self/fdinfo').flatMap(fd => {
		try {
			return /^clockid: (\d+)$/mu.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? [];
		} catch {
			return []; // that of the directory itself, which is closed by now
		}
	});
	loop.cancel(timer);
	t.deepEqual(clocks, ['1']);
});

test.serial('an armed timer keeps the process alive, a cancelled one does not', async t => {
	const program = (more: string): string => `
		const {EventLoop} = await import(${JSON.stringify(reactor)});
		const loop = EventLoop.current();
		loop.runAfter(50, () => console.log('fired'));
		const never = loop.runAfter(2 ** 40, () => {});
		${more}
	`;
	t.is((await runChild(program('loop.cancel(never);'))).stdout, 'fired\n');
});
