import test from 'ava';
import {makeMessage} from '../message.js';
import {Receiver, type Tally} from '../receiver.js';

const size = 10;

/** `pieces`: sender, message, number of bytes. `split`: how many bytes a chunk has. */
function tally(pieces: ReadonlyArray<readonly [number, number, number]>, split = Infinity): Tally {
	const stream = Buffer.concat(pieces.map(([sender, message, bytes]) => makeMessage(sender, message, bytes)));
	const receiver = new Receiver({senders: 2, messages: 2, size});
	for (let at = 0; at < stream.length; at += split) receiver.add(stream.subarray(at, at + split));
	return receiver.finish();
}

const whole = [
	[0, 0, size],
	[1, 0, size],
	[1, 1, size],
	[0, 1, size],
] as const;
const torn = [
	[0, 0, size],
	[1, 0, 4],
	[0, 1, 7],
	[1, 0, 6],
	[0, 1, 3],
	[1, 1, size],
] as const;

for (const split of [1, 3, Infinity]) {
	test(`whole messages are intact, in chunks of ${split}`, t => {
		t.deepEqual(tally(whole, split), {intact: 4, torn: 0});
	});

	test(`messages that are interrupted are torn, and the first place is told, in chunks of ${split}`, t => {
		const firstTear = {offset: 14, sender: 2, message: 1, bytes: 4, by: 1};
		t.deepEqual(tally(torn, split), {intact: 2, torn: 2, firstTear});
	});
}

test('one that is wrapped around a whole one is torn, the other is not', t => {
	const {intact, torn: count} = tally([
		[0, 0, 5],
		[1, 0, size],
		[0, 0, 5],
		[0, 1, size],
		[1, 1, size],
	]);
	t.deepEqual([intact, count], [3, 1]);
});

test('bytes that are missing, too many or out of order are an error', t => {
	t.throws(() => tally(whole.slice(1)), {message: /no part of the message that is due/u});
	t.throws(() => tally(whole.slice(0, 3)), {message: '3 messages have come instead of 4'});
	t.throws(() => tally([[0, 0, size + 1]]), {message: /too long/u});
	t.throws(() => tally([[0, 1, size]]), {message: /no part/u});
	t.throws(() => tally([[2, 0, size]]), {message: /no part/u});
});
