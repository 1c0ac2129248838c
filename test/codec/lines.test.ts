import {Buffer} from 'node:buffer';
import test from 'ava';
import fc from 'fast-check';
import {lines} from '../../src/codec/lines.js';
import {LimitError} from '../../src/errors.js';
import {badNumbers, noIntegers, noNumbers, noOptions} from '../support/wrong-values.js';
import {cuts, decodeCutNow, decodeNow, encodedNow, input, propertyRuns} from './feed.js';

test('lines end with LF or CRLF, wherever that is split; a CR alone stays', t => {
	const codec = lines();
	const {buffer, taken} = input('one\ntwo\r', '\n\n\r\nth\rree\r\r\nfo');
	t.deepEqual(decodeNow(codec, buffer), ['one', 'two', '', '', 'th\rree\r']);
	t.is(buffer.peek().toString(), 'fo');
	t.is(taken(), 21);
});

test('encode appends the end that was chosen', t => {
	t.is(encodedNow(lines(), 'größe').toString(), 'größe\n');
	t.is(encodedNow(lines({eol: '\n'}), '').toString(), '\n');
	t.is(encodedNow(lines({eol: '\r\n'}), 'a').toString(), 'a\r\n');
	t.is(encodedNow(lines({eol: '\r\n'}), 'a\r').toString(), 'a\r\r\n');
});

test('text goes in and comes out, however its bytes are split', t => {
	const letter = fc.constantFrom('a', 'é', '€', '😀', '\r', ' ', '\0', '\u2028', '\ufeff');
	t.notThrows(() => {
		fc.assert(
			fc.property(
				fc.constantFrom<'\n' | '\r\n'>('\n', '\r\n'),
				fc.array(fc.array(letter, {maxLength: 30}), {maxLength: 6}),
				cuts,
				fc.integer({min: 1, max: 5}),
				(eol, texts, sizes, settleEvery) => {
					const codec = lines({eol});
					const sent = texts.map(text => (eol === '\n' ? `${text.join('')}.` : text.join('')));
					const bytes = Buffer.concat(sent.map(line => encodedNow(codec, line)));
					const got = decodeCutNow(codec, bytes, sizes, settleEvery);
					return got.length === sent.length && got.every((line, index) => line === sent[index]);
				},
			),
			{numRuns: propertyRuns},
		);
	});
});

test('bytes that are no UTF-8 become U+FFFD', t => {
	t.deepEqual(decodeNow(lines(), input(Buffer.from([97, 255, 10])).buffer), ['a\ufffd']);
});

test('encode refuses a line that would be read as two, or without its last byte', t => {
	for (const line of ['\n', 'a\nb', 'a\r\n']) {
		t.throws(() => lines().encode(line), {
			instanceOf: RangeError,
			code: 'ERR_OUT_OF_RANGE',
			message: /"frame".*LF/u,
		});
		t.throws(() => lines({eol: '\r\n'}).encode(line), {instanceOf: RangeError});
	}

	t.throws(() => lines().encode('a\r'), {instanceOf: RangeError, message: /"frame".*CR/u});
});

test('a line of maxLength bytes is taken, with either end, and one byte more is refused at once', t => {
	const codec = lines({maxLength: 5});
	t.deepEqual(decodeNow(codec, input('12345\n12345\r\n').buffer), ['12345', '12345']);
	for (const piece of [1, 100]) {
		for (const [text, actual] of [
			['123456', 6],
			['12345\r6', 7],
			['12345\r\r', 7],
		] as const) {
			const {buffer, inbox} = input();
			for (let at = 0; at < text.length - 1; at += piece) {
				inbox.push(Buffer.from(text.slice(at, Math.min(text.length - 1, at + piece))));
				t.is(codec.decode(buffer), undefined, text);
			}

			inbox.push(Buffer.from(text.slice(-1)));
			const error = t.throws(() => codec.decode(buffer), {instanceOf: LimitError, message: /maxLength/u}, text);
			t.is(error.limit, 5);
			t.is(error.actual, actual);
		}
	}

	for (const text of ['123456\n', '123456\r\n', '12345\r\r\n', '123456789\n'])
		t.throws(() => codec.decode(input(text).buffer), {instanceOf: LimitError}, text);
});

test('it is bytes that maxLength counts, not characters', t => {
	const codec = lines({maxLength: 5});
	t.is(encodedNow(codec, '€é').toString(), '€é\n');
	t.throws(() => codec.encode('€€'), {instanceOf: RangeError, message: /0 to 5 bytes long.*6 bytes/u});
	t.throws(() => codec.decode(input('€€').buffer), {instanceOf: LimitError});
});

test('64 KiB are the default limit', t => {
	const most = 'x'.repeat(64 * 1024);
	t.deepEqual(decodeNow(lines(), input(encodedNow(lines(), most)).buffer), [most]);
	t.throws(() => lines().encode(`${most}x`), {instanceOf: RangeError});
	t.throws(() => lines().decode(input(`${most}x`).buffer), {instanceOf: LimitError});
	t.is(lines({maxLength: Infinity}).decode(input(`${most}x`).buffer), undefined);
});

test('encode refuses what is no string', t => {
	for (const value of [undefined, null, 5, Buffer.from('a'), Object('a'), ['a']])
		t.throws(() => lines().encode(value as string), {
			instanceOf: TypeError,
			code: 'ERR_INVALID_ARG_TYPE',
			message: /"frame"/u,
		});
});

test('options that are none are refused, with their value', t => {
	for (const {value} of noOptions)
		t.throws(() => lines(value as object), {instanceOf: TypeError, message: /"options"/u});
	for (const {value} of noNumbers)
		t.throws(() => lines({maxLength: value as number}), {instanceOf: TypeError, message: /"maxLength".*Received/u});
	for (const {value} of [...badNumbers, ...noIntegers, {value: 0}])
		t.throws(() => lines({maxLength: value as number}), {
			instanceOf: RangeError,
			message: /"maxLength".*Received/u,
		});
	for (const eol of ['', '\r', 'LF', '\n\r', 10, null, Buffer.from('\n')])
		t.throws(() => lines({eol: eol as '\n'}), {
			instanceOf: TypeError,
			code: 'ERR_INVALID_ARG_TYPE',
			message: /"eol".*Received/u,
		});
	t.notThrows(() => lines({eol: undefined, maxLength: undefined}));
});
