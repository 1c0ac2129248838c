import test from 'ava';
import fc from 'fast-check';
import {WriteQueue} from '../../src/connection/write-queue.js';
import type {Writer} from '../../src/connection/writer.js';

function writer(bytesLeft: number): Writer {
	return {bytesLeft, bytesSent: 0, step: () => 'wait', resolve() {}, reject() {}, rejectEnd() {}};
}

test('the one whose turn it is does not wait; each of the others costs 64 bytes more', t => {
	const queue = new WriteQueue();
	t.is(queue.head, undefined);
	const [first, second, third] = [writer(1000), writer(10), writer(0)];
	queue.push(first);
	t.is(queue.waitingBytes, 0);
	queue.push(second);
	queue.push(third);
	t.is(queue.waitingBytes, 74 + 64);
	t.is(queue.length, 3);
	queue.shift();
	t.is(queue.head, second);
	t.is(queue.waitingBytes, 64);
	t.true(queue.remove(third));
	t.false(queue.remove(third));
	t.is(queue.waitingBytes, 0);
	t.true(queue.remove(second));
	t.is(queue.head, undefined);
	t.is(queue.length, 0);
});

test('whatever is done with it, it is a queue that knows what waits', t => {
	const step = fc.oneof(
		{weight: 5, arbitrary: fc.record({push: fc.nat(1000)})},
		{weight: 3, arbitrary: fc.constant('shift' as const)},
		{weight: 2, arbitrary: fc.record({remove: fc.nat()})},
	);
	fc.assert(
		fc.property(fc.array(step, {maxLength: 200}), steps => {
			const queue = new WriteQueue();
			const model: Writer[] = [];
			for (const one of steps) {
				if (one === 'shift') {
					if (model.shift() !== undefined) queue.shift();
				} else if ('push' in one) {
					const pushed = writer(one.push);
					model.push(pushed);
					queue.push(pushed);
				} else if (model.length > 0) {
					const [removed] = model.splice(one.remove % model.length, 1);
					queue.remove(removed as Writer);
				}

				const waiting = model.slice(1).reduce((sum, {bytesLeft}) => sum + bytesLeft + 64, 0);
				if (queue.waitingBytes !== waiting || queue.head !== model[0] || queue.length !== model.length)
					return false;
			}

			return queue.all().every((value, index) => value === model[index]);
		}),
	);
	t.pass();
});

test('a million calls are taken out in order, in a time that grows no faster than they do', t => {
	const queue = new WriteQueue();
	const all = Array.from({length: 1_000_000}, (_, index) => writer(index));
	for (const one of all) queue.push(one);
	t.true(
		all.every(one => {
			const isHead = queue.head === one;
			queue.shift();
			return isHead;
		}),
	);
	t.is(queue.waitingBytes, 0);
	t.is(queue.length, 0);
});
