import test from 'ava';
import {ContextSlot} from '../src/context-slot.js';

function makeSlot(): {slot: ContextSlot<unknown>; errors: unknown[]} {
	const errors: unknown[] = [];
	return {slot: new ContextSlot<unknown>(error => errors.push(error)), errors};
}

/** Counts how often it is disposed. */
class Resource {
	disposals = 0;

	[Symbol.dispose](): void {
		this.disposals++;
	}
}

test('a slot holds what was set last', t => {
	const {slot} = makeSlot();
	t.is(slot.get(), undefined);
	slot.set(1);
	t.is(slot.get(), 1);
	slot.set(undefined);
	t.is(slot.get(), undefined);
});

const nothingToDispose = test.macro((t, value: unknown) => {
	const {slot} = makeSlot();
	slot.set(value);
	slot.set('another');
	slot.set(value);
	t.is(slot.finish(), undefined);
	t.is(slot.get(), value);
});
test('there is nothing to wait for after undefined', nothingToDispose, undefined);
test('there is nothing to wait for after null', nothingToDispose, null);
test('there is nothing to wait for after a number', nothingToDispose, 0);
test('there is nothing to wait for after a string', nothingToDispose, 'text');
test('there is nothing to wait for after a plain object', nothingToDispose, {});
test('there is nothing to wait for after an object without a prototype', nothingToDispose, Object.create(null));
test('there is nothing to wait for after a function', nothingToDispose, () => {});
test('a disposer that is undefined or null is none', nothingToDispose, {
	[Symbol.dispose]: undefined,
	[Symbol.asyncDispose]: null,
});

test('a value is disposed in a microtask when another takes its place', async t => {
	const {slot} = makeSlot();
	const resource = new Resource();
	slot.set(resource);
	slot.set('another');
	t.is(resource.disposals, 0);
	await Promise.resolve();
	t.is(resource.disposals, 1);
	await slot.finish();
	t.is(slot.finish(), undefined);
	t.is(resource.disposals, 1);
});

test('a value set again is not disposed', async t => {
	const {slot} = makeSlot();
	const resource = new Resource();
	slot.set(resource);
	slot.set(resource);
	await Promise.resolve();
	t.is(resource.disposals, 0);
	await slot.finish();
	t.is(resource.disposals, 1);
});

test('the last value is disposed once at the end, in a microtask, and stays to be looked at', async t => {
	const {slot} = makeSlot();
	const resource = new Resource();
	slot.set(resource);
	const finished = slot.finish();
	t.is(resource.disposals, 0);
	await finished;
	t.is(resource.disposals, 1);
	await slot.finish();
	t.is(resource.disposals, 1);
	t.is(slot.get(), resource);
});

test('a value set after the end is disposed at once, but only once', async t => {
	const {slot} = makeSlot();
	t.is(slot.finish(), undefined);
	const resource = new Resource();
	slot.set(resource);
	slot.set(resource);
	t.is(resource.disposals, 0);
	await slot.finish();
	t.is(resource.disposals, 1);
	slot.set('another');
	await slot.finish();
	t.is(resource.disposals, 1);
});

test('a value that comes back after it was disposed is not disposed again', async t => {
	const {slot} = makeSlot();
	const resource = new Resource();
	for (const value of [resource, 'another', resource, 'another', resource]) slot.set(value);
	await slot.finish();
	t.is(resource.disposals, 1);
});

test('Symbol.asyncDispose goes before Symbol.dispose, and the end waits for it', async t => {
	const {slot} = makeSlot();
	const events: string[] = [];
	let release = (): void => {};
	const gate = new Promise<void>(resolve => {
		release = resolve;
	});
	slot.set({
		async [Symbol.asyncDispose]() {
			events.push('begun');
			await gate;
			events.push('disposed');
		},
		[Symbol.dispose]: () => t.fail(),
	});
	const finished = slot.finish()?.then(() => events.push('finished'));
	await Promise.resolve();
	t.deepEqual(events, ['begun']);
	release();
	await finished;
	t.deepEqual(events, ['begun', 'disposed', 'finished']);
});

test('the end waits for values that were replaced before it', async t => {
	const {slot} = makeSlot();
	let disposed = false;
	slot.set({
		async [Symbol.asyncDispose]() {
			await new Promise(resolve => {
				setImmediate(resolve);
			});
			disposed = true;
		},
	});
	slot.set(undefined);
	await slot.finish();
	t.true(disposed);
});

test('a disposer is called on its value', async t => {
	const {slot} = makeSlot();
	t.plan(1);
	const value = {
		[Symbol.dispose]() {
			t.is<unknown, unknown>(this, value);
		},
	};
	slot.set(value);
	await slot.finish();
});

test('a function can be disposed too', async t => {
	const {slot} = makeSlot();
	let disposals = 0;
	slot.set(Object.assign(() => {}, {[Symbol.dispose]: () => disposals++}));
	await slot.finish();
	t.is(disposals, 1);
});

const tellsError = test.macro(async (t, value: object, isExpected: (error: unknown) => boolean) => {
	const {slot, errors} = makeSlot();
	slot.set(value);
	const finished = slot.finish();
	t.deepEqual(errors, []);
	await finished;
	t.is(errors.length, 1);
	t.true(isExpected(errors[0]));
});
const error = new Error('dispose');
const isIt = (told: unknown): boolean => told === error;
const throwing = (): never => {
	throw error;
};
test('what a disposer throws is told', tellsError, {[Symbol.dispose]: throwing}, isIt);
test('what an async disposer throws at once is told', tellsError, {[Symbol.asyncDispose]: throwing}, isIt);
test('what an async disposer rejects with is told', tellsError, {[Symbol.asyncDispose]: async () => throwing()}, isIt);
test(
	'what the getter of a disposer throws is told',
	tellsError,
	{
		get [Symbol.dispose]() {
			return throwing();
		},
	},
	isIt,
);
test('a disposer that is no function is told', tellsError, {[Symbol.dispose]: 5}, told => told instanceof TypeError);
