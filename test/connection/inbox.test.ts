import {Buffer} from 'node:buffer';
import test from 'ava';
import {Inbox} from '../../src/connection/inbox.js';

test('emptied and filled again, one chunk or several at a time, it gives the chunks that came and no empty one', t => {
	const inbox = new Inbox();
	for (let round = 0; round < 50; round++) {
		const chunks = Array.from({length: 1 + (round % 3)}, (_, index) => Buffer.alloc(5000 + index, round));
		for (const chunk of chunks) inbox.push(chunk);
		for (const chunk of chunks) t.is(inbox.takeChunk(undefined), chunk);
		t.is(inbox.length, 0);
		inbox.push(Buffer.of(round));
		t.deepEqual(inbox.takeChunk(undefined), Buffer.of(round));
	}
});

test('bytes taken across chunks leave the rest in place', t => {
	const inbox = new Inbox();
	inbox.push(Buffer.alloc(5000, 'a'));
	inbox.push(Buffer.alloc(5000, 'b'));
	t.is(inbox.take(7000).toString(), 'a'.repeat(5000) + 'b'.repeat(2000));
	t.is(inbox.takeChunk(1000).toString(), 'b'.repeat(1000));
	t.is(inbox.takeChunk(undefined).toString(), 'b'.repeat(2000));
	t.is(inbox.length, 0);
});
