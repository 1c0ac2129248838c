import test from 'ava';
import {Call} from '../../src/connection/call.js';
import type {Link} from '../../src/connection/link.js';
import {SendWriter} from '../../src/connection/writer.js';
import {takeCredit} from '../../src/loop/turn-credit.js';
import {mebibyte} from '../support/bytes.js';

/** A peer that takes everything at once, as no kernel of a test machine does. */
class Greedy {
	creditEpoch = 0;
	creditCalls = 0;
	creditBytes = 0;
	readonly isBlocked = false;
	readonly writes: number[] = [];
	waits = 0;

	write(_view: Uint8Array, _offset: number, length: number): number {
		this.writes.push(length);
		return length;
	}

	waitForTurn(): void {
		this.waits++;
	}
}

const message = new Uint8Array(10 * mebibyte);

test('a long send gives way after each 4 MiB, and goes on where it was', t => {
	const link = new Greedy();
	const writer = new SendWriter(new Call<undefined>(), [message]);
	// As the queue does, before a writer's turn.
	t.true(takeCredit(link, true));
	const outcomes = [0, 1, 2].map(() => writer.step(link as unknown as Link, false));
	t.deepEqual(outcomes, ['wait', 'wait', 'done']);
	t.deepEqual(link.writes, [4 * mebibyte, 4 * mebibyte, 2 * mebibyte]);
	t.is(link.waits, 2);
	t.is(writer.bytesSent, message.length);
});

test('one with timeout 0 does not: it would be cut off although the kernel takes all', t => {
	const link = new Greedy();
	const writer = new SendWriter(new Call<undefined>(), [message], 0, false, true);
	t.is(writer.step(link as unknown as Link, false), 'done');
	t.deepEqual(link.writes, [message.length]);
	t.is(link.waits, 0);
});
