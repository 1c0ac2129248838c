import {Buffer} from 'node:buffer';
import test from 'ava';
import fc from 'fast-check';
import {createInputBuffer, type InputBuffer} from '../../src/codec/input-buffer.js';
import {Inbox} from '../../src/connection/inbox.js';

function filled(...chunks: ReadonlyArray<string | Uint8Array>): {
	buffer: InputBuffer;
	inbox: Inbox;
	taken: () => number;
} {
	const inbox = new Inbox();
	let taken = 0;
	const buffer = createInputBuffer(inbox, count => {
		taken += count;
	});
	for (const chunk of chunks) inbox.push(Buffer.from(chunk));
	return {buffer, inbox, taken: () => taken};
}

test('bytes are looked at, taken and counted', t => {
	const {buffer, taken} = filled('hel', 'lo wor', 'ld');
	t.is(buffer.readableBytes, 11);
	t.is(buffer.peek(5).toString(), 'hello');
	t.is(buffer.peek().toString(), 'hello world');
	t.is(buffer.retrieve(6).toString(), 'hello ');
	t.is(taken(), 6);
	t.is(buffer.retrieveAsString(2), 'wo');
	t.is(buffer.retrieveAll().toString(), 'rld');
	t.is(buffer.readableBytes, 0);
	t.is(buffer.retrieveAll().length, 0);
	t.is(buffer.retrieveAsString(), '');
	t.is(taken(), 11);
});

test('asking for more than there is is a RangeError that takes nothing', t => {
	const {buffer} = filled('abc');
	for (const ask of [
		() => buffer.peek(4),
		() => buffer.retrieve(4),
		() => buffer.retrieveAsString(4),
		() => buffer.readUInt32BE(),
		() => buffer.peekUInt16LE(2),
		() => buffer.peekUInt8(-1),
		() => buffer.retrieve(1.5),
		() => buffer.retrieve(Number.NaN),
	])
		t.throws(ask, {instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE'});
	t.throws(() => buffer.retrieve('1' as unknown as number), {instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE'});
	const expected = `The value of "readableBytes" is out of range. It must be at least 4 for such an integer. Received 3`;
	t.throws(() => buffer.readUInt32BE(), {message: expected});
	t.throws(() => buffer.peekUInt32BE(), {message: expected});
	t.throws(() => buffer.peekUInt16BE(2), {message: /"offset" .* 0 to 1: there are 3 bytes. Received 2/u});
	t.is(buffer.retrieveAsString(), 'abc');
});

test('what is no number is named, whatever is asked for', t => {
	const {buffer} = filled('abcdefgh');
	for (const wrong of [1n, Symbol('one'), '1', null, {valueOf: () => 1}]) {
		const offset = wrong as unknown as number;
		for (const ask of [
			() => buffer.peekUInt8(offset),
			() => buffer.peekInt16LE(offset),
			() => buffer.peekBigInt64BE(offset),
		])
			t.throws(ask, {instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE', message: /"offset"/u});
	}

	t.is(buffer.readableBytes, 8);
});

test('integers of every kind are read as Buffer reads them, also over the seams of chunks', t => {
	const bytes = Buffer.from(Array.from({length: 24}, (_, index) => (index * 41 + 200) % 256));
	const names = [
		'UInt8',
		'Int8',
		'UInt16BE',
		'UInt16LE',
		'Int16BE',
		'Int16LE',
		'UInt32BE',
		'UInt32LE',
		'Int32BE',
		'Int32LE',
	] as const;
	const bigNames = ['BigUInt64BE', 'BigUInt64LE', 'BigInt64BE', 'BigInt64LE'] as const;
	for (const piece of [1, 3, 24]) {
		const pieces = Array.from({length: 24 / piece}, (_, index) =>
			bytes.subarray(index * piece, (index + 1) * piece),
		);
		for (const name of names) {
			const {buffer} = filled(...pieces);
			t.is(buffer[`peek${name}`](3), bytes[`read${name}`](3), name);
			t.is(buffer[`peek${name}`](), bytes[`read${name}`](0), name);
			t.is(buffer[`read${name}`](), bytes[`read${name}`](0), name);
			t.is(buffer.readableBytes, 24 - Number(/\d+/u.exec(name)?.[0]) / 8);
		}

		for (const name of bigNames) {
			const {buffer} = filled(...pieces);
			t.is(buffer[`peek${name}`](5), bytes[`read${name}`](5), name);
			t.is(buffer[`read${name}`](), bytes[`read${name}`](0), name);
			t.is(buffer.readableBytes, 16);
		}
	}
});

test('line ends and needles are found over the seams of chunks', t => {
	const {buffer} = filled('ab\r', '\ncd\n', 'ee', 'e-');
	t.is(buffer.findCRLF(), 2);
	t.is(buffer.findEOL(), 3);
	t.is(buffer.find('eee'), 7);
	t.is(buffer.find(Buffer.from('eee-')), 7);
	t.is(buffer.find('x'), -1);
	buffer.retrieve(4);
	t.is(buffer.findCRLF(), -1);
	t.is(buffer.findEOL(), 2);
	t.throws(() => buffer.find(''), {instanceOf: RangeError});
	t.throws(() => buffer.find(5 as unknown as string), {instanceOf: TypeError});
});

test('findEOL in 100 kB without one finds none', t => {
	const {buffer} = filled(Buffer.alloc(100_000, 'x'));
	t.is(buffer.findEOL(), -1);
	t.is(buffer.findCRLF(), -1);
});

test('three searches by turns, once per byte, take no longer for twice the bytes than twice', t => {
	let looked = 0;
	const countingChunk = (): Buffer => {
		const chunk = Buffer.alloc(4096, 'x');
		return Object.assign(chunk, {
			indexOf(needle: Uint8Array, from: number): number {
				looked += chunk.length - from;
				return Uint8Array.prototype.indexOf.call(chunk, needle[0] ?? 0, from);
			},
		});
	};
	const {buffer, inbox} = filled();
	// Chunks of 4 KiB and more are not gathered, so that each stays the object that counts.
	for (let count = 0; count < 200; count++) {
		inbox.push(countingChunk());
		t.is(buffer.findCRLF(), -1);
		t.is(buffer.findEOL(), -1);
		t.is(buffer.find('needle'), -1);
	}

	t.true(looked >= 3 * 200 * 4096 && looked < 3 * 200 * 4200, `${looked} bytes were looked at`);
});

test('whatever is pushed, searched, taken and settled, the bytes are those of one long string', t => {
	const step = fc.oneof(
		fc.record({kind: fc.constant('push' as const), text: fc.stringMatching(/^[ab\r\n]{1,40}$/u)}),
		fc.record({kind: fc.constant('big' as const), text: fc.stringMatching(/^[ab\r\n]{1,3}$/u)}),
		fc.record({kind: fc.constant('take' as const), share: fc.double({min: 0, max: 1, noNaN: true})}),
		fc.record({kind: fc.constant('find' as const), needle: fc.constantFrom('\r\n', '\n', 'ab', 'aab\n')}),
		fc.record({kind: fc.constant('settle' as const)}),
	);
	fc.assert(
		fc.property(fc.array(step, {maxLength: 60}), steps => {
			const {buffer, inbox} = filled();
			let model = '';
			for (const action of steps) {
				if (action.kind === 'push' || action.kind === 'big') {
					const text = action.kind === 'big' ? action.text.padEnd(5000, 'a') : action.text;
					inbox.push(Buffer.from(text));
					model += text;
				} else if (action.kind === 'take') {
					const count = Math.floor(action.share * model.length);
					t.is(buffer.retrieveAsString(count), model.slice(0, count));
					model = model.slice(count);
				} else if (action.kind === 'find') {
					const {needle} = action;
					const at =
						needle === '\r\n'
							? buffer.findCRLF()
							: needle === '\n'
								? buffer.findEOL()
								: buffer.find(needle);
					t.is(at, model.indexOf(needle));
				} else inbox.settle();
			}

			t.is(buffer.retrieveAsString(), model);
		}),
		{numRuns: 500},
	);
});

test('what is settled lies in memory of its own', t => {
	const slab = Buffer.alloc(64 * 1024, 'x');
	const {buffer, inbox} = filled();
	inbox.push(slab.subarray(0, 5000));
	inbox.push(slab.subarray(5000, 5010));
	buffer.retrieve(4990);
	inbox.settle();
	slab.fill('y');
	t.is(buffer.retrieveAsString(), 'x'.repeat(20));
});
