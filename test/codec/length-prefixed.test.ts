import {Buffer} from 'node:buffer';
import test from 'ava';
import fc from 'fast-check';
import {lengthPrefixed, type LengthPrefixedOptions} from '../../src/codec/length-prefixed.js';
import {LimitError, ProtocolError} from '../../src/errors.js';
import {badNumbers, noIntegers, noNumbers, noOptions, noViews} from '../support/wrong-values.js';
import {areEqual, cuts, decodeCutNow, decodeNow, encodedNow, input, propertyRuns} from './feed.js';

const mib = 1024 * 1024;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

test('every field tells the length as it should, both ways', t => {
	const rows: ReadonlyArray<readonly [LengthPrefixedOptions | undefined, string]> = [
		[undefined, '00000003 616263'],
		[{lengthFieldLength: 1}, '03 616263'],
		[{lengthFieldLength: 1, byteOrder: 'LE'}, '03 616263'],
		[{lengthFieldLength: 2}, '0003 616263'],
		[{lengthFieldLength: 2, byteOrder: 'LE'}, '0300 616263'],
		[{lengthFieldLength: 3}, '000003 616263'],
		[{lengthFieldLength: 3, byteOrder: 'LE'}, '030000 616263'],
		[{byteOrder: 'LE'}, '03000000 616263'],
		[{lengthFieldLength: 8}, '0000000000000003 616263'],
		[{lengthFieldLength: 8, byteOrder: 'LE'}, '0300000000000000 616263'],
		[{lengthFieldLength: 'varint'}, '03 616263'],
		[{lengthFieldOffset: 2}, '0000 00000003 616263'],
		[{lengthFieldLength: 'varint', lengthFieldOffset: 1}, '00 03 616263'],
		[{lengthAdjustment: -4}, '00000007 616263'],
		[{lengthAdjustment: 2, lengthFieldLength: 2}, '0001 616263'],
		[{lengthAdjustment: 3, lengthFieldLength: 'varint'}, '00 616263'],
	];
	for (const [options, bytes] of rows) {
		const codec = lengthPrefixed(options);
		t.is(encodedNow(codec, 'abc').toString('hex'), bytes.replaceAll(' ', ''), JSON.stringify(options));
		t.deepEqual(decodeNow(codec, input(hex(bytes), hex(bytes)).buffer).map(String), ['abc', 'abc']);
		const keeping = lengthPrefixed({...options, keepHeader: true});
		t.deepEqual(decodeNow(keeping, input(hex(bytes), hex(bytes)).buffer), [hex(bytes), hex(bytes)]);
		t.deepEqual(encodedNow(keeping, hex(bytes)), hex(bytes));
	}
});

test('lengths that need all bytes of the field are told and read', t => {
	for (const [lengthFieldLength, length] of [
		[1, 0xff],
		[2, 0xfedc],
		[3, 0x012345],
		[4, 0x012345],
		[8, 0x012345],
		['varint', 0x012345],
	] as const) {
		for (const byteOrder of ['BE', 'LE'] as const) {
			const codec = lengthPrefixed({lengthFieldLength, byteOrder});
			const frame = Buffer.alloc(length, lengthFieldLength);
			const bytes = encodedNow(codec, frame);
			t.deepEqual(decodeNow(codec, input(bytes).buffer), [frame]);
			if (typeof lengthFieldLength === 'number') {
				const width = Math.min(lengthFieldLength, 6);
				const told =
					byteOrder === 'BE'
						? bytes.readUIntBE(lengthFieldLength - width, width)
						: bytes.readUIntLE(0, width);
				t.is(told, length);
			}
		}
	}
});

/** The header {int32 bodySize, int32 cmd}. */
function command(cmd: number, body: string): Buffer {
	const header = Buffer.alloc(8);
	header.writeInt32BE(Buffer.byteLength(body), 0);
	header.writeInt32BE(cmd, 4);
	return Buffer.concat([header, Buffer.from(body)]);
}

test('the header {int32 bodySize, int32 cmd} is a length that does not count the 4 bytes behind it', t => {
	const bytes = Buffer.concat([command(7, 'hello'), command(-1, ''), command(8, 'x'.repeat(3000))]);
	for (const size of [1, 5, bytes.length]) {
		const bodies = decodeCutNow(lengthPrefixed({lengthAdjustment: 4}), bytes, [size], 2);
		t.deepEqual(
			bodies.map(frame => [frame.readInt32BE(0), frame.toString('utf8', 4)]),
			[
				[7, 'hello'],
				[-1, ''],
				[8, 'x'.repeat(3000)],
			],
		);
		const whole = decodeCutNow(lengthPrefixed({lengthAdjustment: 4, keepHeader: true}), bytes, [size], 2);
		t.deepEqual(
			whole.map(frame => [frame.readInt32BE(0), frame.readInt32BE(4), frame.toString('utf8', 8)]),
			[
				[5, 7, 'hello'],
				[0, -1, ''],
				[3000, 8, 'x'.repeat(3000)],
			],
		);
	}

	t.deepEqual(
		encodedNow(lengthPrefixed({lengthAdjustment: 4}), command(7, 'hello').subarray(4)),
		command(7, 'hello'),
	);
	t.deepEqual(
		encodedNow(lengthPrefixed({lengthAdjustment: 4, keepHeader: true}), command(7, 'hello')),
		command(7, 'hello'),
	);
	t.throws(() => lengthPrefixed({lengthAdjustment: 4}).encode('cmd'), {
		instanceOf: RangeError,
		message: /4 to \d+ bytes long.*3 bytes/u,
	});
	const negative = command(7, '');
	negative.writeInt32BE(-1, 0);
	t.throws(() => lengthPrefixed({lengthAdjustment: 4}).decode(input(negative).buffer), {instanceOf: LimitError});
});

const anyOptions: fc.Arbitrary<LengthPrefixedOptions> = fc.record({
	lengthFieldLength: fc.constantFrom<1 | 2 | 3 | 4 | 8 | 'varint'>(1, 2, 3, 4, 8, 'varint'),
	byteOrder: fc.constantFrom('BE', 'LE'),
	lengthFieldOffset: fc.constantFrom(0, 0, 1, 5),
	lengthAdjustment: fc.constantFrom(0, 0, 3, -3, -9),
	minLength: fc.constant(0),
});

test('what goes in comes out, whatever the options and however it is split', t => {
	t.notThrows(() => {
		fc.assert(
			fc.property(
				anyOptions,
				fc.array(
					fc.oneof(
						{weight: 8, arbitrary: fc.uint8Array({minLength: 3, maxLength: 40})},
						{weight: 1, arbitrary: fc.integer({min: 40, max: 7000}).map(size => Buffer.alloc(size, size))},
					),
					{maxLength: 6},
				),
				cuts,
				fc.integer({min: 1, max: 5}),
				(options, given, sizes, settleEvery) => {
					const codec = lengthPrefixed(options);
					const frames = given.filter(frame => options.lengthFieldLength !== 1 || frame.length < 240);
					const bytes = Buffer.concat(frames.map(frame => encodedNow(codec, frame)));
					const keeping = lengthPrefixed({...options, keepHeader: true});
					const whole = decodeCutNow(keeping, bytes, sizes, settleEvery);
					return (
						areEqual(decodeCutNow(codec, bytes, sizes, settleEvery), frames) &&
						Buffer.concat(whole.map(frame => encodedNow(keeping, frame))).equals(bytes) &&
						whole.length === frames.length
					);
				},
			),
			{numRuns: propertyRuns},
		);
	});
});

test('a length over maxLength is refused as soon as its field is there', t => {
	const rows: ReadonlyArray<readonly [LengthPrefixedOptions, string, number]> = [
		[{}, 'ffffffff', 0xffff_ffff],
		[{}, '80000000', 2 ** 31],
		[{}, '00a00001', 10 * mib + 1],
		[{byteOrder: 'LE'}, 'ffffffff', 0xffff_ffff],
		[{lengthFieldLength: 3}, 'ffffff', 0xff_ffff],
		[{lengthFieldLength: 8}, '0000000100000000', 2 ** 32],
		[{lengthFieldLength: 8}, '001fffffffffffff', 2 ** 53 - 1],
		[{lengthFieldLength: 8, byteOrder: 'LE'}, 'ffffffffffff1f00', 2 ** 53 - 1],
		[{lengthFieldLength: 'varint'}, 'ffffffff0f', 0xffff_ffff],
		[{lengthFieldLength: 'varint'}, 'ffffffffffffff0f', 2 ** 53 - 1],
		[{lengthAdjustment: 4}, '00a00000', 10 * mib + 4],
		[{lengthFieldOffset: 3}, '010203 ffffffff', 0xffff_ffff],
	];
	for (const [options, bytes, actual] of rows) {
		const codec = lengthPrefixed(options);
		const {buffer, inbox} = input(hex(bytes).subarray(0, -1));
		t.is(codec.decode(buffer), undefined, bytes);
		inbox.push(hex(bytes).subarray(-1));
		const error = t.throws(() => codec.decode(buffer), {instanceOf: LimitError, message: /maxLength/u}, bytes);
		t.is(error.limit, 10 * mib);
		t.is(error.actual, actual);
	}
});

test('a length that no frame has is a ProtocolError as soon as its field is there', t => {
	const rows: ReadonlyArray<readonly [LengthPrefixedOptions, string, RegExp]> = [
		[{}, '00000000', /0 bytes is shorter than minLength, which is 1/u],
		[{minLength: 5}, '00000004', /4 bytes.*minLength, which is 5/u],
		[{lengthAdjustment: -4}, '00000003', /-1 bytes/u],
		[{lengthAdjustment: -4, minLength: 0}, '00000003', /-1 bytes/u],
		[{lengthFieldLength: 8}, '8000000000000000', /9223372036854775808/u],
		[{lengthFieldLength: 8}, 'ffffffffffffffff', /18446744073709551615/u],
		[{lengthFieldLength: 8}, '0020000000000000', /9007199254740992/u],
		[{lengthFieldLength: 8, byteOrder: 'LE'}, '0000000000000080', /9223372036854775808/u],
		[{lengthFieldLength: 'varint'}, '00', /minLength/u],
		[{lengthFieldLength: 'varint'}, '8080808080808010', /9007199254740992/u],
		[{lengthFieldLength: 'varint'}, 'ffffffffffffffffff01', /varint says/u],
		[{lengthFieldLength: 'varint'}, 'ffffffffffffffffff02', /more than 64 bits/u],
		[{lengthFieldLength: 'varint'}, '80808080808080808080', /goes on after 10 bytes/u],
		[{lengthFieldLength: 'varint', lengthFieldOffset: 2}, '0102 80808080808080808080', /goes on/u],
	];
	for (const [options, bytes, message] of rows) {
		const codec = lengthPrefixed({...options, maxLength: Infinity});
		const {buffer, inbox} = input(hex(bytes).subarray(0, -1));
		t.is(codec.decode(buffer), undefined, bytes);
		inbox.push(hex(bytes).subarray(-1));
		t.throws(() => codec.decode(buffer), {instanceOf: ProtocolError, code: 'ERR_TCP_PROTOCOL', message}, bytes);
		// All at once, with more behind it.
		t.throws(() => codec.decode(input(hex(bytes), Buffer.alloc(100)).buffer), {instanceOf: ProtocolError});
	}
});

test('limits are kept to the byte', t => {
	const codec = lengthPrefixed({lengthFieldLength: 1, minLength: 2, maxLength: 3});
	t.throws(() => codec.decode(input('\x01a').buffer), {instanceOf: ProtocolError});
	t.deepEqual(decodeNow(codec, input('\x02ab\x03abc').buffer).map(String), ['ab', 'abc']);
	t.throws(() => codec.decode(input('\x04abcd').buffer), {instanceOf: LimitError});
	t.deepEqual(decodeNow(lengthPrefixed({minLength: 0}), input(Buffer.alloc(8)).buffer), [
		Buffer.alloc(0),
		Buffer.alloc(0),
	]);
});

test('a varint of more bytes than it needs is read, and stays as it is with keepHeader', t => {
	const bytes = hex('83808000 616263');
	t.deepEqual(decodeNow(lengthPrefixed({lengthFieldLength: 'varint'}), input(bytes).buffer).map(String), ['abc']);
	const keeping = lengthPrefixed({lengthFieldLength: 'varint', keepHeader: true});
	t.deepEqual(decodeNow(keeping, input(bytes).buffer), [bytes]);
	t.deepEqual(encodedNow(keeping, bytes), bytes);
});

test('encode refuses a frame outside the limits, or longer than the field can tell', t => {
	const rows: ReadonlyArray<readonly [LengthPrefixedOptions, number]> = [
		[{}, 0],
		[{maxLength: 5}, 6],
		[{minLength: 5}, 4],
		[{lengthFieldLength: 1}, 256],
		[{lengthFieldLength: 1, lengthAdjustment: -1}, 255],
		[{lengthFieldLength: 2}, 65_536],
		[{lengthFieldLength: 2, maxLength: Infinity, lengthAdjustment: 5}, 65_541],
		[{lengthAdjustment: 4}, 3],
		[{lengthFieldLength: 'varint', lengthAdjustment: 4}, 3],
		[{lengthFieldLength: 'varint', maxLength: 200}, 201],
	];
	const expected = {instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE', message: /"frame".*bytes long/u};
	for (const [options, length] of rows)
		t.throws(() => lengthPrefixed(options).encode(Buffer.alloc(length)), expected, JSON.stringify(options));
	t.is(encodedNow(lengthPrefixed({lengthFieldLength: 1, lengthAdjustment: 1}), Buffer.alloc(256))[0], 255);
});

test('with keepHeader encode refuses a frame whose header does not tell its length', t => {
	const expected = {instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE', message: /"frame"/u};
	const rows: ReadonlyArray<readonly [LengthPrefixedOptions, string]> = [
		[{}, ''],
		[{}, '000000'],
		[{}, '00000000'],
		[{}, '00000004 616263'],
		[{}, '00000002 616263'],
		[{}, '01000003 616263'],
		[{byteOrder: 'LE'}, '00000003 616263'],
		[{lengthAdjustment: 4}, '00000003 616263'],
		[{lengthAdjustment: 4}, 'ffffffff 616263'],
		[{maxLength: 2}, '00000003 616263'],
		[{lengthFieldLength: 'varint'}, ''],
		[{lengthFieldLength: 'varint'}, '8080'],
		[{lengthFieldLength: 'varint'}, '04 616263'],
		[{lengthFieldLength: 'varint'}, '00'],
		[{lengthFieldLength: 'varint', maxLength: 2}, '03 616263'],
		[{lengthFieldLength: 'varint'}, '83808080808080808000 616263 61'],
		[{lengthFieldLength: 'varint'}, '8380808080808080808000 616263'],
		[{lengthFieldOffset: 4}, '01020304'],
	];
	for (const [options, bytes] of rows)
		t.throws(() => lengthPrefixed({...options, keepHeader: true}).encode(hex(bytes)), expected, bytes);
	const offset = lengthPrefixed({lengthFieldOffset: 2, keepHeader: true});
	t.deepEqual(encodedNow(offset, hex('0102 00000001 61')), hex('0102 00000001 61'));
});

test('encoders write into memory that is given out once: earlier messages stay as they were', t => {
	const codec = lengthPrefixed({lengthFieldOffset: 3});
	const sent = Array.from({length: 3000}, (_, index) => ({
		index,
		message: codec.encode(Buffer.alloc(1 + ((index * 37) % 2500), index)),
	}));
	for (const {index, message} of sent) {
		const bytes = Buffer.concat((Array.isArray(message) ? message : [message]) as Uint8Array[]);
		const length = 1 + ((index * 37) % 2500);
		const expected = Buffer.alloc(7 + length, index);
		expected.fill(0, 0, 7).writeUInt32BE(length, 3);
		if (!bytes.equals(expected)) t.fail(`message ${index}`);
	}

	t.pass();
});

test('a big body is not copied', t => {
	const body = Buffer.alloc(100_000);
	const message = lengthPrefixed().encode(body) as readonly Uint8Array[];
	t.is(message.length, 2);
	t.is(message[1], body);
});

test('a subclass that lies about its length is sent as long as it is', t => {
	class Liar extends Uint8Array {
		override get length(): number {
			return 1;
		}

		override get byteLength(): number {
			return 1;
		}
	}
	t.is(encodedNow(lengthPrefixed(), new Liar(3)).toString('hex'), '00000003000000');
});

for (const {name, value} of noViews) {
	test(`encode refuses ${name}`, t => {
		for (const options of [
			{},
			{keepHeader: true},
			{lengthFieldLength: 'varint'},
			{lengthFieldLength: 'varint', keepHeader: true},
		] as const)
			t.throws(() => lengthPrefixed(options).encode(value as string), {
				instanceOf: TypeError,
				code: 'ERR_INVALID_ARG_TYPE',
				message: /"frame"/u,
			});
	});
}

test('options that are none are refused, with their value', t => {
	for (const {value} of noOptions)
		t.throws(() => lengthPrefixed(value as object), {instanceOf: TypeError, message: /"options"/u});
	const type = {instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE'};
	const range = {instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE'};
	for (const name of ['minLength', 'maxLength', 'lengthFieldLength', 'lengthFieldOffset', 'lengthAdjustment']) {
		const message = new RegExp(`"${name}".*Received`, 'u');
		for (const {value, name: what} of noNumbers)
			t.throws(() => lengthPrefixed({[name]: value}), {...type, message}, `${name} ${what}`);
		for (const {value, name: what} of [...badNumbers, ...noIntegers]) {
			if (name === 'lengthAdjustment' && value === -1) continue;
			t.throws(() => lengthPrefixed({[name]: value}), {...range, message}, `${name} ${what}`);
		}
	}

	for (const lengthFieldLength of [0, 5, 6, 7, 9, 16, Infinity])
		t.throws(() => lengthPrefixed({lengthFieldLength: lengthFieldLength as 4}), {
			...range,
			message: /"lengthFieldLength".*1, 2, 3, 4, 8, 'varint'.*Received/u,
		});
	for (const lengthFieldLength of ['4', 'Varint', 4n] as unknown[])
		t.throws(() => lengthPrefixed({lengthFieldLength: lengthFieldLength as 4}), {
			...type,
			message: /"lengthFieldLength"/u,
		});
	for (const byteOrder of ['be', 'le', '', 'ME', 1, null, true])
		t.throws(() => lengthPrefixed({byteOrder: byteOrder as 'BE'}), {...type, message: /"byteOrder".*Received/u});
	for (const keepHeader of [0, 1, 'true', null])
		t.throws(() => lengthPrefixed({keepHeader: keepHeader as unknown as true}), {
			...type,
			message: /"keepHeader".*Received/u,
		});
	for (const [options, message] of [
		[{maxLength: 0}, /"maxLength".*Received 0/u],
		[{minLength: Infinity}, /"minLength".*Received Infinity/u],
		[{minLength: 10, maxLength: 9}, /"maxLength".*minLength, which is 10.*Received 9/u],
		[{minLength: 256, lengthFieldLength: 1}, /"minLength".*0 to 255.*Received 256/u],
		[{lengthFieldOffset: 65_536}, /"lengthFieldOffset".*Received 65536/u],
		[{lengthAdjustment: 2 ** 32}, /"lengthAdjustment".*Received 4294967296/u],
		[{lengthAdjustment: -255, lengthFieldLength: 1}, /"lengthAdjustment".*Received -255/u],
		[{lengthAdjustment: 5, maxLength: 4}, /"maxLength".*lengthAdjustment, which is 5.*Received 4/u],
	] as const)
		t.throws(() => lengthPrefixed(options), {...range, message});
});
