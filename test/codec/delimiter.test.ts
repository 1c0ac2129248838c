import {Buffer} from 'node:buffer';
import test from 'ava';
import fc from 'fast-check';
import {delimiter} from '../../src/codec/delimiter.js';
import {LimitError, ProtocolError} from '../../src/errors.js';
import {badNumbers, noIntegers, noNumbers, noOptions, noViews} from '../support/wrong-values.js';
import {areEqual, cuts, decodeCutNow, decodeNow, encodedNow, input, propertyRuns} from './feed.js';

test('frames come out without their delimiter, empty ones too, and the rest stays', t => {
	const codec = delimiter('--');
	const {buffer, taken} = input('one--two-', '-', '---', '-three-');
	t.deepEqual(decodeNow(codec, buffer).map(String), ['one', 'two', '', '']);
	t.is(buffer.peek().toString(), 'three-');
	t.is(taken(), 14);
});

test('a delimiter may be bytes, and is copied', t => {
	const mark = Buffer.from([0, 255]);
	const codec = delimiter(mark);
	mark.fill(1);
	t.deepEqual(decodeNow(codec, input(Buffer.from([7, 0, 0, 255])).buffer), [Buffer.from([7, 0])]);
	t.deepEqual(encodedNow(codec, Buffer.from([1, 1])), Buffer.from([1, 1, 0, 255]));
});

const alphabet = fc.constantFrom(97, 98);
const word = (minLength: number, maxLength: number): fc.Arbitrary<Buffer> =>
	fc.array(alphabet, {minLength, maxLength}).map(letters => Buffer.from(letters));

test('what encode takes comes out as it went in, however it is split, whatever the delimiter; and it refuses only what would not', t => {
	t.notThrows(() => {
		fc.assert(
			fc.property(
				word(1, 4),
				fc.array(word(0, 30), {maxLength: 6}),
				cuts,
				fc.integer({min: 1, max: 5}),
				(mark, frames, sizes, settleEvery) => {
					const codec = delimiter(mark);
					const sendable = frames.filter(frame => {
						const isRead = Buffer.concat([frame, mark]).indexOf(mark) === frame.length;
						try {
							encodedNow(codec, frame);
						} catch (error) {
							if (!isRead && error instanceof RangeError) return false;
							throw error;
						}

						if (!isRead) throw new Error('A frame was taken that would be read as another');
						return true;
					});
					const bytes = Buffer.concat(sendable.map(frame => encodedNow(codec, frame)));
					return areEqual(decodeCutNow(codec, bytes, sizes, settleEvery), sendable);
				},
			),
			{numRuns: propertyRuns},
		);
	});
});

test('big frames with long delimiters come out as they went in', t => {
	t.notThrows(() => {
		fc.assert(
			fc.property(
				fc.uint8Array({minLength: 1, maxLength: 20}).map(bytes => Buffer.from(bytes)),
				fc.array(fc.integer({min: 0, max: 20_000}), {minLength: 1, maxLength: 3}),
				cuts,
				(mark, lengths, sizes) => {
					const codec = delimiter(Buffer.concat([Buffer.of(1), mark]));
					const frames = lengths.map(length => Buffer.alloc(length, 2));
					const bytes = Buffer.concat(frames.map(frame => encodedNow(codec, frame)));
					return areEqual(decodeCutNow(codec, bytes, sizes, 3), frames);
				},
			),
			{numRuns: Math.ceil(propertyRuns / 50)},
		);
	});
});

test('encode refuses a frame with the delimiter in it, or whose end makes it begin too early', t => {
	for (const [mark, frame] of [
		['\n', 'a\nb'],
		['\n', '\n'],
		['\r\n', 'a\r\n'],
		['aba', 'ab'],
		['aa', 'a'],
		['aab', 'xaaby'],
	] as const)
		t.throws(
			() => delimiter(mark).encode(frame),
			{instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE', message: /"frame".*delimiter/u},
			`${mark} ${frame}`,
		);
	// The first match is where it should be.
	for (const [mark, frame] of [
		['aab', 'a'],
		['\r\n', 'a\r'],
		['aba', 'a'],
		['ab', 'a'],
	] as const) {
		const codec = delimiter(mark);
		const isRead = (frame + mark).indexOf(mark) === frame.length;
		if (isRead) t.deepEqual(decodeNow(codec, input(encodedNow(codec, frame)).buffer).map(String), [frame]);
		else t.throws(() => codec.encode(frame), {instanceOf: RangeError});
	}
});

test('more than maxLength bytes without a delimiter are refused at once, and not before', t => {
	for (const mark of ['\n', '\r\n', 'abcab']) {
		const codec = delimiter(mark, {maxLength: 10});
		for (const piece of [1, 100]) {
			const {buffer, inbox} = input();
			const text = 'x'.repeat(10);
			for (let at = 0; at < text.length; at += piece) {
				inbox.push(Buffer.from(text.slice(at, at + piece)));
				t.is(codec.decode(buffer), undefined);
			}

			inbox.push(Buffer.from('x'));
			const error = t.throws(() => codec.decode(buffer), {instanceOf: LimitError});
			t.is(error.limit, 10);
			t.is(error.actual, 11);
			t.regex(error.message, /maxLength, which is 10/u);
		}
	}
});

test('a frame of maxLength bytes whose delimiter is not all there yet is not refused', t => {
	for (const mark of ['\r\n', 'abcab', 'aaaa', 'aab']) {
		const codec = delimiter(mark, {maxLength: 10});
		const frame = 'x'.repeat(10);
		const {buffer, inbox} = input(frame);
		for (const [index, letter] of Array.from(mark).entries()) {
			t.is(codec.decode(buffer), undefined);
			inbox.push(Buffer.from(letter));
			if (index < mark.length - 1) t.is(codec.decode(buffer), undefined);
		}

		t.deepEqual(decodeNow(codec, buffer).map(String), [frame]);
	}
});

test('a delimiter that has begun in time and turns out to be none is refused at that byte', t => {
	const codec = delimiter('abcab', {maxLength: 10});
	const {buffer, inbox} = input(`${'x'.repeat(10)}abca`);
	t.is(codec.decode(buffer), undefined);
	inbox.push(Buffer.from('x'));
	t.throws(() => codec.decode(buffer), {instanceOf: LimitError});
	// "ab" at 9 is over, but its second half begins another one in time.
	const late = input(`${'x'.repeat(7)}abcabcab`);
	t.deepEqual(decodeNow(codec, late.buffer).map(String), ['x'.repeat(7)]);
});

test('whole input: LimitError exactly if the first delimiter begins behind maxLength, or none can begin before', t => {
	t.notThrows(() => {
		fc.assert(
			fc.property(
				word(1, 5),
				word(0, 30),
				fc.integer({min: 1, max: 20}),
				cuts,
				(mark, bytes, maxLength, sizes) => {
					const codec = delimiter(mark, {maxLength});
					const {buffer, inbox} = input();
					let seen = 0;
					for (let at = 0, index = 0; at < bytes.length; index++) {
						const size = sizes[index % sizes.length] ?? 1;
						inbox.push(bytes.subarray(at, at + size));
						seen = Math.min(bytes.length, at + size);
						at += size;
						const came = bytes.subarray(0, seen);
						const first = came.indexOf(mark);
						const canBegin = (start: number): boolean =>
							came.subarray(start).equals(mark.subarray(0, Math.max(0, seen - start)));
						let isLegal = first >= 0 && first <= maxLength;
						for (
							let start = Math.max(0, seen - mark.length + 1);
							first < 0 && start <= maxLength && start <= seen;
							start++
						)
							isLegal ||= canBegin(start);
						let outcome: string;
						try {
							const frame = codec.decode(buffer);
							outcome = frame === undefined ? 'wait' : 'frame';
						} catch (error) {
							if (!(error instanceof LimitError)) throw error;
							outcome = 'limit';
						}

						if (outcome !== (isLegal ? (first >= 0 ? 'frame' : 'wait') : 'limit')) return false;
						if (outcome !== 'wait') return true;
					}

					return true;
				},
			),
			{numRuns: propertyRuns},
		);
	});
});

test('minLength refuses what is shorter, both ways', t => {
	const codec = delimiter('\n', {minLength: 2, maxLength: 3});
	t.throws(() => codec.decode(input('a\n').buffer), {
		instanceOf: ProtocolError,
		message: /1 bytes.*minLength, which is 2/u,
	});
	t.throws(() => codec.decode(input('abcd\n').buffer), {instanceOf: LimitError});
	t.throws(() => codec.encode('a'), {instanceOf: RangeError, message: /2 to 3 bytes long/u});
	t.throws(() => codec.encode('abcd'), {instanceOf: RangeError});
	t.is(encodedNow(codec, 'ab').toString(), 'ab\n');
});

test('bytes that come one at a time are looked at once', t => {
	let looked = 0;
	const {buffer, inbox} = input();
	const codec = delimiter('needle', {maxLength: Infinity});
	// Chunks of 4 KiB and more are not gathered, so that each stays the object that counts.
	for (let count = 0; count < 500; count++) {
		const chunk = Buffer.alloc(4096, 'x');
		inbox.push(
			Object.assign(chunk, {
				indexOf(needle: Uint8Array, from: number): number {
					looked += chunk.length - from;
					return Uint8Array.prototype.indexOf.call(chunk, needle[0] ?? 0, from);
				},
			}),
		);
		t.is(codec.decode(buffer), undefined);
		t.is(codec.decode(buffer), undefined);
	}

	t.true(looked >= 500 * 4096 && looked < 500 * 4200, `${looked} bytes were looked at`);
});

for (const {name, value} of noViews) {
	test(`a delimiter is not ${name}; nor is a frame`, t => {
		const expected = {instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE'};
		t.throws(() => delimiter(value as string), {...expected, message: /"delimiter"/u});
		t.throws(() => delimiter('\n').encode(value as string), {...expected, message: /"frame"/u});
	});
}

test('an empty delimiter is refused', t => {
	for (const value of ['', new Uint8Array(0)])
		t.throws(() => delimiter(value), {instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE', message: /"delimiter"/u});
});

test('options that are none are refused, with their value', t => {
	for (const {value} of noOptions)
		t.throws(() => delimiter('\n', value as object), {instanceOf: TypeError, message: /"options"/u});
	for (const name of ['minLength', 'maxLength']) {
		for (const {value} of noNumbers)
			t.throws(() => delimiter('\n', {[name]: value}), {
				instanceOf: TypeError,
				code: 'ERR_INVALID_ARG_TYPE',
				message: new RegExp(`"${name}"`, 'u'),
			});
		for (const {value} of [...badNumbers, ...noIntegers])
			t.throws(() => delimiter('\n', {[name]: value}), {
				instanceOf: RangeError,
				code: 'ERR_OUT_OF_RANGE',
				message: new RegExp(`"${name}".*Received`, 'u'),
			});
	}

	t.throws(() => delimiter('\n', {maxLength: 0}), {instanceOf: RangeError, message: /"maxLength".*Received 0/u});
	t.throws(() => delimiter('\n', {minLength: Infinity}), {instanceOf: RangeError, message: /"minLength"/u});
	t.throws(() => delimiter('\n', {minLength: 5, maxLength: 4}), {
		instanceOf: RangeError,
		message: /"maxLength".*minLength, which is 5.*Received 4/u,
	});
	t.notThrows(() => delimiter('\n', {minLength: undefined, maxLength: Infinity}));
});
