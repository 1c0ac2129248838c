import {Buffer, constants} from 'node:buffer';
import test from 'ava';
import fc from 'fast-check';
import {fixedLength} from '../../src/codec/fixed-length.js';
import {noNumbers, noViews} from '../support/wrong-values.js';
import {areEqual, cuts, decodeCutNow, decodeNow, encodedNow, input, propertyRuns} from './feed.js';

test('frames of one length come out whole, several of them, and half a one stays', t => {
	const codec = fixedLength(4);
	const {buffer, taken} = input('abcd', 'efghi');
	t.deepEqual(decodeNow(codec, buffer).map(String), ['abcd', 'efgh']);
	t.is(buffer.peek().toString(), 'i');
	t.is(taken(), 8);
	t.is(codec.decode(buffer), undefined);
});

test('what goes in comes out, however it is split', t => {
	t.notThrows(() => {
		fc.assert(
			fc.property(
				fc.integer({min: 1, max: 70}).chain(length =>
					fc.record({
						length: fc.constant(length),
						frames: fc.array(fc.uint8Array({minLength: length, maxLength: length}), {maxLength: 6}),
					}),
				),
				cuts,
				fc.integer({min: 1, max: 5}),
				({length, frames}, sizes, settleEvery) => {
					const codec = fixedLength(length);
					const bytes = Buffer.concat(frames.map(frame => encodedNow(codec, frame)));
					return areEqual(decodeCutNow(codec, bytes, sizes, settleEvery), frames);
				},
			),
			{numRuns: propertyRuns},
		);
	});
});

test('a string is sent as UTF-8, and it is the bytes that count', t => {
	const codec = fixedLength(3);
	t.is(encodedNow(codec, '€').toString('hex'), 'e282ac');
	t.throws(() => codec.encode('€€€'), {instanceOf: RangeError, message: /"frame".*3 bytes long.*9 bytes/u});
});

test('encode refuses a frame of another length', t => {
	const codec = fixedLength(3);
	for (const frame of ['', 'ab', 'abcd', new Uint8Array(2), new Uint8Array(0)])
		t.throws(() => codec.encode(frame), {instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE', message: /"frame"/u});
});

for (const {name, value} of noViews) {
	test(`encode refuses ${name}`, t => {
		t.throws(() => fixedLength(3).encode(value as string), {
			instanceOf: TypeError,
			code: 'ERR_INVALID_ARG_TYPE',
			message: /"frame"/u,
		});
	});
}

test('a length that is none is refused, with its value', t => {
	for (const value of [0, -1, 1.5, Number.NaN, Infinity, -Infinity, 2 ** 53, constants.MAX_LENGTH + 1])
		t.throws(() => fixedLength(value), {
			instanceOf: RangeError,
			code: 'ERR_OUT_OF_RANGE',
			message: new RegExp(`"length".*Received ${String(value).replaceAll('_', '')}`.slice(0, 24), 'u'),
		});
	for (const {value} of [...noNumbers, {value: undefined}])
		t.throws(() => fixedLength(value as number), {
			instanceOf: TypeError,
			code: 'ERR_INVALID_ARG_TYPE',
			message: /"length"/u,
		});
});
