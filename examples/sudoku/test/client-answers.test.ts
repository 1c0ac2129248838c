import test from 'ava';
import fc from 'fast-check';
import {AnswerLines, AnswerError, quote} from '../client/answer-lines.js';
import {formatRequest, parseAnswer} from '../client/answer.js';
import {PendingById, PendingInOrder, type Pending} from '../client/pending.js';

test('lines come whole out of pieces of any size', t => {
	fc.assert(
		fc.property(
			fc.array(fc.string({maxLength: 100}).map(text => text.replaceAll(/[\r\n\u0080-\uFFFF]/gu, ''))),
			fc.array(fc.integer({min: 1, max: 50}), {minLength: 1}),
			(lines, sizes) => {
				const bytes = Buffer.from(lines.map(line => `${line}\r\n`).join(''), 'latin1');
				const found: string[] = [];
				const reader = new AnswerLines();
				for (let at = 0, piece = 0; at < bytes.length; piece++) {
					const size = sizes[piece % sizes.length] as number;
					found.push(...reader.feed(bytes.subarray(at, at + size)));
					at += size;
				}

				reader.end();
				return JSON.stringify(found) === JSON.stringify(lines);
			},
		),
	);
	t.pass();
});

test('a lone LF or CR ends no line', t => {
	const reader = new AnswerLines();
	t.deepEqual(reader.feed(Buffer.from('a\nb\rc\r')), []);
	t.deepEqual(reader.feed(Buffer.from('\nd')), ['a\nb\rc']);
});

test('a line without an end is no answer', t => {
	const reader = new AnswerLines();
	t.deepEqual(reader.feed(Buffer.alloc(250, 'x')), []);
	t.throws(() => reader.feed(Buffer.alloc(250, 'x')), {
		instanceOf: AnswerError,
		message: `no answer, but "${'x'.repeat(100)}" and more`,
	});
});

test('a stream that ends within a line is told so', t => {
	const reader = new AnswerLines();
	reader.feed(Buffer.from('a\r\nb'));
	t.throws(() => reader.end(), {instanceOf: AnswerError, message: 'the stream ended within a line: "b"'});
});

test('nothing that a terminal obeys is shown of what a server sends', t => {
	t.is(quote('\u001B[2J\u009B\r\n'), String.raw`"\u001b[2J\u009b\r\n"`);
});

test('the id of an answer is what stands before the first colon', t => {
	t.deepEqual(parseAnswer('a:b:c'), {id: 'a', body: 'b:c'});
	t.deepEqual(parseAnswer('NoSolution'), {id: '', body: 'NoSolution'});
	t.is(formatRequest('7', '123'), '7:123\r\n');
	t.is(formatRequest('', '123'), '123\r\n');
});

const request = (grid: number) => ({grid, since: grid});

test('answers with ids may come in any order, each once', t => {
	const pending: Pending = new PendingById();
	const ids = [0, 1, 2].map(grid => pending.add(request(grid)));
	t.is(new Set(ids).size, 3);
	t.is(pending.take(ids[2] as string)?.grid, 2);
	t.is(pending.take(ids[2] as string), undefined, 'twice');
	t.is(pending.take(ids[0] as string)?.grid, 0);
	t.is(pending.take(''), undefined);
	t.is(pending.take(`0${ids[1] as string}`), undefined, 'an id that only looks like it as a number');
	t.is(pending.size, 1);
});

test('answers without ids come in order, for as long as you like', t => {
	const pending: Pending = new PendingInOrder();
	let next = 0;
	for (let grid = 0; grid < 10_000; grid++) {
		t.is(pending.add(request(grid)), '');
		if (grid % 3 > 0) t.is(pending.take('')?.grid, next++);
	}

	t.is(pending.size, 10_000 - next);
	t.is(pending.take('1'), undefined, 'nobody has asked with an id');
	while (pending.size > 0) t.is(pending.take('')?.grid, next++);
	t.is(pending.take(''), undefined);
	t.is(next, 10_000);
});
