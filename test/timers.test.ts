import {getEventListeners} from 'node:events';
import {performance} from 'node:perf_hooks';
import test from 'ava';
import {sleep} from '../src/index.js';
import {runChild} from './support/child.js';
import {checkDescriptors} from './support/descriptors.js';
import {reasonOf, turns, within} from './support/wait.js';
import {badNumbers, noNumbers, noOptions, noSignals} from './support/wrong-values.js';

checkDescriptors(test);

test('sleep is never early', async t => {
	const times = [0, 0.001, 0.1, 0.5, 1, 1.5, 2, 3.3, 5, 10.7, 16, 25];
	await Promise.all(
		Array.from({length: 20}, () => times)
			.flat()
			.map(async ms => {
				const begun = performance.now();
				await sleep(ms);
				const passed = performance.now() - begun;
				t.true(passed >= ms, `${passed} ms instead of ${ms}`);
			}),
	);
});

test.serial('a sleep of its own is not early either', async t => {
	for (const ms of [120, 60, 7.5]) {
		const begun = performance.now();
		await sleep(ms);
		const passed = performance.now() - begun;
		t.true(passed >= ms, `${passed} ms instead of ${ms}`);
	}
});

test('sleep is not early after the loop has been blocked', async t => {
	const blockedUntil = performance.now() + 20;
	while (performance.now() < blockedUntil);
	const begun = performance.now();
	await sleep(10);
	t.true(performance.now() - begun >= 10);
});

test('sleeps end in the order of their times, equal ones in the order of their calls', async t => {
	const order: string[] = [];
	const note = async (ms: number, name: string): Promise<void> => {
		await sleep(ms);
		order.push(name);
	};
	await Promise.all([note(30, 'late'), note(10, 'first'), note(20, 'middle'), note(0, 'at once')]);
	t.deepEqual(order, ['at once', 'first', 'middle', 'late']);
	const many: number[] = [];
	await Promise.all(
		Array.from({length: 200}, async (_, index) => {
			await sleep(0);
			many.push(index);
		}),
	);
	t.deepEqual(
		many,
		many.map((_, index) => index),
	);
});

test('sleep(0) lets the loop turn: immediates and other timers go on', async t => {
	let immediates = 0;
	let isOver = false;
	const count = (): void => {
		immediates++;
		if (!isOver) setImmediate(count);
	};
	count();
	for (let round = 0; round < 50; round++) await sleep(0);
	isOver = true;
	t.true(immediates > 10, String(immediates));
});

test('a signal that has aborted rejects with its reason, after the check of the time', async t => {
	const reason = {};
	t.is(await reasonOf(sleep(0, {signal: AbortSignal.abort(reason)})), reason);
	t.true((await reasonOf(sleep(-1, {signal: AbortSignal.abort(reason)}))) instanceof RangeError);
});

test('abort during a sleep, and after it', async t => {
	const controller = new AbortController();
	const {signal} = controller;
	await sleep(1, {signal});
	t.is(getEventListeners(signal, 'abort').length, 0);
	const sleeping = [sleep(60_000, {signal}), sleep(Infinity, {signal}), sleep(2 ** 53, {signal})];
	t.is(getEventListeners(signal, 'abort').length, 1);
	const reasons = Promise.all(sleeping.map(async promise => reasonOf(promise)));
	controller.abort('enough');
	t.deepEqual(await within(reasons, 'the rejections', 2000), ['enough', 'enough', 'enough']);
	t.is(getEventListeners(signal, 'abort').length, 0);
});

test('1,000 sleeps with one signal give no warning', async t => {
	const warnings: Error[] = [];
	const onWarning = (warning: Error): void => {
		warnings.push(warning);
	};
	process.on('warning', onWarning);
	const {signal} = new AbortController();
	await Promise.all(Array.from({length: 1000}, async (_, index) => sleep(index / 100, {signal})));
	await turns(2);
	process.off('warning', onWarning);
	t.deepEqual(warnings, []);
	t.is(getEventListeners(signal, 'abort').length, 0);
});

test('what is no number is a TypeError', async t => {
	for (const {name, value} of [...noNumbers, {name: 'undefined', value: undefined}]) {
		let outcome: Promise<void> | undefined;
		t.notThrows(() => {
			outcome = sleep(value as never);
		}, name);
		const error = (await reasonOf(outcome as Promise<void>)) as TypeError & {code: string};
		t.true(error instanceof TypeError, name);
		t.is(error.code, 'ERR_INVALID_ARG_TYPE');
		t.regex(error.message, /"ms"/u);
	}
});

test('NaN and negative times are a RangeError', async t => {
	for (const {name, value} of badNumbers) {
		const error = (await reasonOf(sleep(value as number))) as RangeError & {code: string};
		t.true(error instanceof RangeError, name);
		t.is(error.code, 'ERR_OUT_OF_RANGE');
		t.regex(error.message, /"ms".*Received -?(NaN|1|Infinity)/u);
	}

	await sleep(-0);
});

test('wrong options are a TypeError', async t => {
	for (const {name, value} of noOptions)
		t.true((await reasonOf(sleep(1, value as never))) instanceof TypeError, name);
	for (const {name, value} of noSignals)
		t.true((await reasonOf(sleep(1, {signal: value as never}))) instanceof TypeError, name);
});

test('a sleep keeps the process alive, and one that was aborted does not', async t => {
	const outcome = await runChild(`
		const controller = new AbortController();
		cotcp.sleep(60_000, {signal: controller.signal}).catch(() => console.log('aborted'));
		cotcp.sleep(30).then(() => { console.log('slept'); controller.abort(); });
	`);
	t.is(outcome.stdout, 'slept\naborted\n', outcome.stderr);
	t.is(outcome.code, 0);
});

test('20,000 sleeps at once', async t => {
	const begun = performance.now();
	await Promise.all(Array.from({length: 20_000}, async (_, index) => sleep(index % 50)));
	t.true(performance.now() - begun >= 49);
});
