import {Buffer} from 'node:buffer';
import test from 'ava';
import {AllocationCount} from '../fuzz/allocations.js';
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

test('a big frame in many chunks is copied once, and not at all if it lies in one', t => {
	const inbox = new Inbox();
	for (let count = 0; count < 160; count++) inbox.push(Buffer.alloc(64 * 1024, count));
	const counter = new AllocationCount();
	let frame: Buffer;
	let inOne: Buffer;
	try {
		inbox.discard(4);
		frame = inbox.take(160 * 64 * 1024 - 1000);
		inOne = inbox.take(500);
	} finally {
		counter.stop();
	}

	t.is(counter.bytes, 160 * 64 * 1024 - 1000);
	t.is(frame[64 * 1024 - 5], 0);
	t.is(frame[64 * 1024 - 4], 1);
	t.deepEqual(inOne, Buffer.alloc(500, 159));
	t.is(inbox.length, 496);
});

test('bytes that come one at a time are copied a few times at most, whatever is left of them', t => {
	const inbox = new Inbox();
	const byte = Buffer.of(1);
	const counter = new AllocationCount();
	try {
		for (let count = 0; count < 1_000_000; count++) {
			inbox.push(byte);
			if (count % 1000 === 999) inbox.settle();
		}

		inbox.take(1_000_000);
	} finally {
		counter.stop();
	}

	t.true(counter.bytes < 5_000_000, `${counter.bytes} bytes of memory were taken`);
});

test('what is looked at is what is there, from any offset and over any seam', t => {
	const bytes = Buffer.from(Array.from({length: 12_000}, (_, index) => index));
	const inbox = new Inbox();
	inbox.push(bytes.subarray(0, 5000));
	inbox.push(bytes.subarray(5000, 10_000));
	inbox.push(bytes.subarray(10_000));
	for (const dropped of [0, 1, 4998, 1]) {
		inbox.discard(dropped);
		const start = bytes.length - inbox.length;
		for (const offset of [0, 1, 100, 4990, 5000]) {
			for (const count of [0, 1, 8, 1010, 2000])
				t.deepEqual(inbox.peekAt(offset, count), bytes.subarray(start + offset, start + offset + count));
			const at = inbox.place(offset, 8);
			if (at >= 0)
				t.deepEqual(inbox.front.subarray(at, at + 8), bytes.subarray(start + offset, start + offset + 8));
			else t.true(start + offset + 8 > (start < 5000 ? 5000 : 10_000));
		}
	}

	for (const offset of [-1, 0.5, Number.NaN, Infinity]) t.is(inbox.place(offset, 1), -1);
	t.is(new Inbox().place(0, 1), -1);
});

test('a needle is found among many chunks while frames are taken in between, as in one piece', t => {
	const inbox = new Inbox();
	let model = '';
	const text = `${'x'.repeat(4998)}\r\n${'y'.repeat(6000)}\r\n`;
	const crlf = Buffer.from('\r\n');
	for (let count = 0; count < 40; count++) {
		// Split so that a CRLF lies over a seam of chunks that are not gathered.
		for (const part of [text.slice(0, 4999), text.slice(4999, 10_500), text.slice(10_500)]) {
			inbox.push(Buffer.from(part.padEnd(5000, 'z')));
			model += part.padEnd(5000, 'z');
		}

		t.is(inbox.find(crlf), model.indexOf('\r\n'));
		for (let frames = count % 4; frames > 0 && model.includes('\r\n'); frames--) {
			const end = model.indexOf('\r\n') + 2;
			t.is(inbox.takeText(end), model.slice(0, end));
			model = model.slice(end);
			t.is(inbox.find(crlf), model.indexOf('\r\n'));
		}
	}

	t.is(inbox.length, model.length);
});

test('a needle is found behind bytes that look like its beginning, however many, and wherever the chunks end', t => {
	for (const needle of ['\r\n', 'aab', 'abab', '\r']) {
		for (const size of [1, 3, 50]) {
			const text = `${needle.slice(0, -1).repeat(9)}x${needle.slice(0, 1).repeat(7)}${needle}tail`;
			const inbox = new Inbox();
			const wanted = Buffer.from(needle);
			for (let at = 0; at < text.length; at += size) {
				inbox.push(Buffer.from(text.slice(at, at + size)));
				t.is(
					inbox.find(wanted),
					text.slice(0, at + size).indexOf(needle),
					`${JSON.stringify(needle)} ${size} ${at}`,
				);
			}
		}
	}
});
