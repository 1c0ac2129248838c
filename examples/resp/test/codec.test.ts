import {Buffer} from 'node:buffer';
import test from 'ava';
import fc from 'fast-check';
import {LimitError, ProtocolError} from 'cotcp';
import type {InputBuffer} from 'cotcp/codec';
import {createInputBuffer} from '../../../src/codec/input-buffer.js';
import {Inbox} from '../../../src/connection/inbox.js';
import {RespCodec, maxArguments, maxInlineBytes, maxRequestBytes} from '../codec.js';

/** An InputBuffer that is fed by hand. */
function makeInput(): {readonly buffer: InputBuffer; readonly push: (bytes: Buffer) => void} {
	const inbox = new Inbox();
	return {
		// The same class, of the sources instead of the package.
		buffer: createInputBuffer(inbox, () => {}) as unknown as InputBuffer,
		push(bytes) {
			inbox.push(Buffer.from(bytes));
		},
	};
}

function encodeRequest(args: readonly Buffer[]): Buffer {
	const pieces = args.flatMap(arg => [Buffer.from(`$${arg.length}\r\n`), arg, Buffer.from('\r\n')]);
	return Buffer.concat([Buffer.from(`*${args.length}\r\n`), ...pieces]);
}

/** All requests of a stream that comes in these pieces. */
function decodePieces(pieces: Iterable<Buffer>): Buffer[][] {
	const codec = new RespCodec();
	const {buffer, push} = makeInput();
	const requests: Buffer[][] = [];
	for (const piece of pieces) {
		push(piece);
		for (let request = codec.decode(buffer); request !== undefined; request = codec.decode(buffer)) {
			requests.push(request.map(bytes => Buffer.from(bytes)));
		}
	}

	return requests;
}

function* cut(bytes: Buffer, lengths: readonly number[]): Generator<Buffer> {
	let at = 0;
	for (let turn = 0; at < bytes.length; turn++) {
		const end = at + (lengths[turn % lengths.length] ?? 1);
		yield bytes.subarray(at, end);
		at = end;
	}
}

test('requests come out as they were, however the stream is cut', t => {
	const requests = fc.array(fc.array(fc.uint8Array({maxLength: 40}), {maxLength: 5}), {maxLength: 6});
	const lengths = fc.array(fc.integer({min: 1, max: 30}), {minLength: 1, maxLength: 8});
	fc.assert(
		fc.property(requests, lengths, (given, pieces) => {
			const sent = given.map(args => args.map(arg => Buffer.from(arg)));
			t.deepEqual(decodePieces(cut(Buffer.concat(sent.map(encodeRequest)), pieces)), sent);
		}),
		{numRuns: 2000},
	);
});

test('nothing is taken out of the buffer before a request is whole', t => {
	const codec = new RespCodec();
	const {buffer, push} = makeInput();
	const bytes = encodeRequest([Buffer.from('SET'), Buffer.from('key'), Buffer.from('value')]);
	for (const byte of bytes.subarray(0, -1)) {
		push(Buffer.of(byte));
		t.is(codec.decode(buffer), undefined);
	}

	t.is(buffer.readableBytes, bytes.length - 1);
	push(bytes.subarray(-1));
	t.deepEqual(codec.decode(buffer)?.map(String), ['SET', 'key', 'value']);
	t.is(buffer.readableBytes, 0);
});

const reads = test.macro((t, text: string, ...expected: string[][]) => {
	t.deepEqual(
		decodePieces([Buffer.from(text, 'latin1')]).map(request => request.map(word => word.toString('latin1'))),
		expected,
	);
});
test('an inline command ends with CRLF or LF', reads, 'PING\r\nget key\n', ['PING'], ['get', 'key']);
test(
	'inline commands and arrays may follow each other',
	reads,
	'PING\n*1\r\n$4\r\nPING\r\nPING\n',
	['PING'],
	['PING'],
	['PING'],
);
test('an inline command has quoted words', reads, `set "a key" 'it''s'\n`.replace("''", "\\'"), [
	'set',
	'a key',
	"it's",
]);
test('double quotes know escapes', reads, String.raw`echo "\x00\xfF\n\"\\ \q"` + '\n', ['echo', '\0ÿ\n"\\ q']);
test('a quoted word may be empty', reads, `set key ""\n`, ['set', 'key', '']);
test('an empty line is a request without words', reads, '\r\n  \n', [], []);
test(
	'an empty array and one of a negative length are requests without words',
	reads,
	'*0\r\n*-1\r\nPING\n',
	[],
	[],
	['PING'],
);

const refuses = test.macro((t, text: string, expected: typeof ProtocolError | typeof LimitError) => {
	t.throws(() => decodePieces([Buffer.from(text, 'latin1')]), {instanceOf: expected});
});
test('a count that is no number is illegal', refuses, '*x\r\n', ProtocolError);
test('a count that is a minus alone is illegal', refuses, '*-\r\n', ProtocolError);
test('a count without digits is illegal', refuses, '*\r\n', ProtocolError);
test('a count that ends with CR alone is illegal', refuses, '*1\rx', ProtocolError);
test('a number that goes on for ever is illegal', refuses, `*${'1'.repeat(20)}`, ProtocolError);
test('an argument without its header is illegal', refuses, '*1\r\nPING\r\n', ProtocolError);
test('a negative length of an argument is illegal', refuses, '*1\r\n$-1\r\n', ProtocolError);
test('an argument that is longer than announced is illegal', refuses, '*1\r\n$2\r\nPING\r\n', ProtocolError);
test('quotes that do not match are illegal', refuses, 'get "key\n', ProtocolError);
test('a quote that ends inside a word is illegal', refuses, 'get "a"b\n', ProtocolError);
test('too many arguments are refused when they are announced', refuses, `*${maxArguments + 1}\r\n`, LimitError);
test('an argument too long is refused when it is announced', refuses, `*1\r\n$${maxRequestBytes}\r\n`, LimitError);
test('a line that does not end is refused', refuses, 'a'.repeat(maxInlineBytes + 1), LimitError);

test('what is announced costs no memory before it comes', t => {
	const codec = new RespCodec();
	const {buffer, push} = makeInput();
	const before = process.memoryUsage();
	push(Buffer.from(`*${maxArguments}\r\n$${maxRequestBytes / 2}\r\n`));
	t.is(codec.decode(buffer), undefined);
	const after = process.memoryUsage();
	t.true(after.rss - before.rss < 16 * 1024 * 1024);
});

test('the work is linear in the bytes, also when they come one at a time', t => {
	const looksOf = (count: number) => {
		const codec = new RespCodec();
		const {buffer, push} = makeInput();
		let looks = 0;
		const counting = new Proxy(buffer, {
			get(target, name) {
				looks++;
				const value: unknown = Reflect.get(target, name, target);
				return typeof value === 'function' ? (value.bind(target) as unknown) : value;
			},
		});
		for (const byte of encodeRequest(Array.from({length: count}, () => Buffer.from('abc')))) {
			push(Buffer.of(byte));
			codec.decode(counting);
		}

		return looks;
	};
	t.true(looksOf(4000) < 5 * looksOf(1000));
});
