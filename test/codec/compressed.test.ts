import {Buffer} from 'node:buffer';
import {randomBytes} from 'node:crypto';
import {deflateRawSync, deflateSync, gzipSync, inflateSync} from 'node:zlib';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {compressed, type CompressedOptions} from '../../src/codec/compressed.js';
import {LimitError, ProtocolError} from '../../src/errors.js';
import {isSoak} from '../support/scale.js';
import {badNumbers, noIntegers, noNumbers, noOptions, noViews} from '../support/wrong-values.js';
import {areEqual, cuts, decodeCut, encoded, encodedNow, input} from './feed.js';

const mib = 1024 * 1024;
const headerBytes = 25;

/** A frame as a peer may send it. */
function raw(
	flag: number,
	original: number,
	size: number,
	body: Uint8Array | string = '',
	order: 'BE' | 'LE' = 'LE',
): Buffer {
	const header = Buffer.alloc(headerBytes);
	header.writeUInt8(flag, 0);
	header[`writeInt32${order}`](original, 1);
	header[`writeInt32${order}`](size, 5);
	return Buffer.concat([header, Buffer.from(body)]);
}

async function refuses(
	t: ExecutionContext,
	bytes: Buffer,
	message: RegExp,
	options: CompressedOptions = {},
): Promise<ProtocolError> {
	const {buffer} = input(bytes);
	return t.throwsAsync(async () => compressed(options).decode(buffer), {
		instanceOf: ProtocolError,
		code: 'ERR_TCP_PROTOCOL',
		message,
	});
}

test('a small body goes out plain behind its header, without waiting', t => {
	t.deepEqual(encodedNow(compressed(), 'abc'), raw(0, 3, 0, 'abc'));
	t.deepEqual(encodedNow(compressed({byteOrder: 'BE'}), 'abc'), raw(0, 3, 0, 'abc', 'BE'));
	t.deepEqual(encodedNow(compressed({threshold: Infinity}), Buffer.alloc(5000)), raw(0, 5000, 0, Buffer.alloc(5000)));
});

test('a body from threshold on goes out compressed, with both sizes', async t => {
	for (const byteOrder of ['LE', 'BE'] as const) {
		const body = Buffer.alloc(1024, 'ab');
		const bytes = await encoded(compressed({byteOrder}), body);
		t.is(bytes[0], 1);
		t.is(bytes[`readInt32${byteOrder}`](1), 1024);
		t.is(bytes[`readInt32${byteOrder}`](5), bytes.length - headerBytes);
		t.deepEqual(bytes.subarray(9, headerBytes), Buffer.alloc(16));
		t.deepEqual(inflateSync(bytes.subarray(headerBytes)), body);
		t.deepEqual(await compressed({byteOrder}).decode(input(bytes).buffer), body);
	}

	t.is((await encoded(compressed(), Buffer.alloc(1023)))[0], 0);
	t.is((await encoded(compressed({threshold: 10}), Buffer.alloc(1023)))[0], 1);
});

test('level is that of zlib', async t => {
	const body = Buffer.from(Array.from({length: 5000}, (_, index) => String(index)).join(','));
	const sizes: number[] = [];
	for (const level of [1, 9]) {
		const bytes = await encoded(compressed({level}), body);
		t.deepEqual(bytes.subarray(headerBytes), deflateSync(body, {level}));
		sizes.push(bytes.length);
	}

	t.not(sizes[0], sizes[1]);
	// Level 0 makes nothing smaller.
	t.deepEqual(await encoded(compressed({level: 0}), body), raw(0, body.length, 0, body));
});

test('a body that zlib does not make smaller goes out plain', async t => {
	for (const length of [1024, 100_000]) {
		const body = randomBytes(length);
		t.deepEqual(await encoded(compressed(), body), raw(0, length, 0, body));
	}

	t.deepEqual(await encoded(compressed({threshold: 0, minLength: 0}), ''), raw(0, 0, 0));
});

test('the caller may change a frame while it is being compressed', async t => {
	for (const body of [Buffer.alloc(50_000, 'ab'), randomBytes(50_000)]) {
		const before = Buffer.from(body);
		const bytes = encoded(compressed(), body);
		body.fill(0);
		t.deepEqual(await compressed().decode(input(await bytes).buffer), before);
	}
});

test('what goes in comes out, compressed or not, however it is split', async t => {
	const runs = isSoak ? 200_000 : 400;
	await t.notThrowsAsync(
		fc.assert(
			fc.asyncProperty(
				fc.constantFrom<'BE' | 'LE'>('BE', 'LE'),
				fc.constantFrom(0, 20, 100),
				fc.array(
					fc.oneof(
						fc.uint8Array({maxLength: 60}),
						fc.integer({min: 0, max: 9000}).map(size => Buffer.alloc(size, size)),
					),
					{maxLength: 4},
				),
				cuts,
				async (byteOrder, threshold, frames, sizes) => {
					const codec = compressed({byteOrder, threshold, minLength: 0, level: 1});
					const parts: Buffer[] = [];
					for (const frame of frames) parts.push(await encoded(codec, frame));
					return areEqual(await decodeCut(codec, Buffer.concat(parts), sizes), frames);
				},
			),
			{numRuns: runs},
		),
	);
});

test('half a frame takes nothing', t => {
	const codec = compressed();
	const body = deflateSync(Buffer.alloc(2000));
	const {buffer, inbox, taken} = input();
	for (const byte of raw(1, 2000, body.length, body).subarray(0, -1)) {
		inbox.push(Buffer.of(byte));
		t.is(codec.decode(buffer), undefined);
	}

	t.is(taken(), 0);
	t.is(buffer.readableBytes, headerBytes + body.length - 1);
});

test('sizes are looked at as soon as the header is there', async t => {
	const codec = compressed({minLength: 5, maxLength: 1000});
	for (const flag of [0, 1]) {
		for (const [original, size] of [
			[1001, 0],
			[1001, 100],
			[mib, 5000],
			[0x7fff_ffff, 0x7fff_ffff],
		] as const) {
			const error = t.throws(() => codec.decode(input(raw(flag, original, size)).buffer), {
				instanceOf: LimitError,
			});
			t.is(error.limit, 1000);
			t.is(error.actual, original);
		}

		for (const [original, size, message] of [
			[4, 4, /4 bytes.*minLength, which is 5/u],
			[0, 0, /0 bytes.*minLength/u],
			[-1, 5, /-1 bytes/u],
			[-0x8000_0000, 5, /-2147483648 bytes/u],
			[100, -1, /compressed size of -1/u],
			[100, -0x8000_0000, /compressed size of -2147483648/u],
		] as const)
			await refuses(t, raw(flag, original, size), message, {minLength: 5, maxLength: 1000});
	}

	for (const flag of [2, 127, 255]) await refuses(t, raw(flag, 100, 100), new RegExp(`flag is ${flag}`, 'u'));
	// More than zlib makes of 1,000 bytes, fewer than can become as many.
	await refuses(t, raw(1, 1000, 1014), /zlib does not make 1014 bytes of 1000/u);
	await refuses(t, raw(1, mib, 1016), /zlib does not make 1016 bytes of 1048576/u);
	await refuses(t, raw(1, 1000, 0), /zlib does not make 0 bytes/u);
	t.is(codec.decode(input(raw(1, 1000, 1013)).buffer), undefined);
	t.is(compressed().decode(input(raw(1, mib, 1017)).buffer), undefined);
});

test('a foreign encoder may compress what does not get smaller, and use the reserved bytes', async t => {
	for (const length of [1, 100, 70_000, 300_000]) {
		const body = randomBytes(length);
		for (const level of [0, 9]) {
			const small = deflateSync(body, {level});
			const bytes = raw(1, length, small.length, small);
			bytes.fill(7, 9, headerBytes);
			t.deepEqual(await compressed().decode(input(bytes).buffer), body);
		}
	}

	const empty = deflateSync('');
	t.deepEqual(await compressed({minLength: 0}).decode(input(raw(1, 0, empty.length, empty)).buffer), Buffer.alloc(0));
});

test('what does not inflate to exactly the size that was told is a ProtocolError', async t => {
	const body = Buffer.alloc(2000, 'abc');
	const small = deflateSync(body);
	await refuses(t, raw(1, 1999, small.length, small), /more than the 1999/u);
	await refuses(t, raw(1, 2001, small.length, small), /inflate to 2000, not to the 2001/u);
	await refuses(t, raw(1, 0, 8, deflateSync('a').subarray(0, 8)), /./u, {minLength: 0});
	const behind = Buffer.concat([small, Buffer.alloc(3)]);
	await refuses(t, raw(1, 2000, behind.length, behind), /belongs to nothing/u);
	const twice = Buffer.concat([deflateSync(body.subarray(0, 999)), deflateSync(body.subarray(999))]);
	await refuses(t, raw(1, 2000, twice.length, twice), /./u);
	for (const wrong of [
		small.subarray(0, -1),
		deflateRawSync(body),
		gzipSync(body),
		randomBytes(50),
		Buffer.alloc(20),
	]) {
		const error = await refuses(t, raw(1, 2000, wrong.length, wrong), /cannot be inflated/u);
		t.true(error.cause instanceof Error);
	}

	const changed = Buffer.from(small);
	changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
	const error = await refuses(t, raw(1, 2000, changed.length, changed), /incorrect data check/u);
	t.is((error.cause as NodeJS.ErrnoException).code, 'Z_DATA_ERROR');
	const dictionary = deflateSync(body, {dictionary: Buffer.from('abcabc')});
	await refuses(t, raw(1, 2000, dictionary.length, dictionary), /cannot be inflated: Missing dictionary/u);
});

/** A stream of zlib that inflates to far more than memory, made without the memory: one block that says "258 times the last byte" over and over. */
function bomb(): Buffer {
	// 0x78 0x9c; fixed Huffman codes; a literal 0, then length 258 at distance 1, as bits 11000101 00000.
	const bits: number[] = [1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0];
	for (let count = 0; count < 600; count++) bits.push(1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0);
	const bytes = [0x78, 0x9c];
	for (let at = 0; at < bits.length; at += 8)
		bytes.push(bits.slice(at, at + 8).reduce((byte, bit, index) => byte | (bit << index), 0));
	return Buffer.from(bytes);
}

test.serial('a bomb is refused before its memory is spent', async t => {
	const level9 = deflateSync(Buffer.alloc(64 * mib), {level: 9});
	// Fixed codes, and the densest that zlib makes.
	for (const body of [bomb(), level9]) {
		for (const original of [1000, 10_000]) {
			if (body.length > original + 13) continue;
			const before = process.memoryUsage();
			const waves = Array.from({length: 50}, async () =>
				refuses(t, raw(1, original, body.length, body), /more than the/u, {maxLength: 10_000}),
			);
			await Promise.all(waves);
			const after = process.memoryUsage();
			t.true(
				after.arrayBuffers - before.arrayBuffers < 50 * (10_000 + 64 * 1024),
				`${after.arrayBuffers - before.arrayBuffers}`,
			);
		}
	}

	// The size it would have is over the limit already in the header; and a short one cannot become that long.
	t.throws(() => compressed().decode(input(raw(1, 0x7fff_ffff, 1024)).buffer), {instanceOf: LimitError});
	await refuses(t, raw(1, 10 * mib, 1024), /zlib does not make 1024 bytes/u);
	const before = process.memoryUsage.rss();
	const dense = level9.subarray(0, 20_000);
	for (let count = 0; count < 20; count++)
		await refuses(t, raw(1, 19_000, dense.length - 1000, dense.subarray(1000)), /./u);
	t.true(process.memoryUsage.rss() - before < 64 * mib);
});

test('encode refuses a frame outside the limits', t => {
	const expected = {instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE', message: /"frame".*bytes long/u};
	t.throws(() => compressed().encode(''), expected);
	t.throws(() => compressed({maxLength: 5}).encode('abcdef'), expected);
	t.throws(() => compressed({minLength: 5}).encode('abcd'), expected);
	t.throws(() => compressed({maxLength: 2000}).encode(Buffer.alloc(2001)), expected);
	t.throws(() => compressed().encode(Buffer.alloc(10 * mib + 1)), expected);
});

for (const {name, value} of noViews) {
	test(`encode refuses ${name}`, t => {
		t.throws(() => compressed().encode(value as string), {
			instanceOf: TypeError,
			code: 'ERR_INVALID_ARG_TYPE',
			message: /"frame"/u,
		});
	});
}

test('options that are none are refused, with their value', t => {
	for (const {value} of noOptions)
		t.throws(() => compressed(value as object), {instanceOf: TypeError, message: /"options"/u});
	const type = {instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE'};
	const range = {instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE'};
	for (const name of ['minLength', 'maxLength', 'threshold', 'level']) {
		const message = new RegExp(`"${name}".*Received`, 'u');
		for (const {value} of noNumbers) t.throws(() => compressed({[name]: value}), {...type, message});
		for (const {value} of [...badNumbers, ...noIntegers])
			t.throws(() => compressed({[name]: value}), {...range, message});
	}

	for (const byteOrder of ['be', '', 'ME', 1, null])
		t.throws(() => compressed({byteOrder: byteOrder as 'BE'}), {...type, message: /"byteOrder".*Received/u});
	for (const [options, message] of [
		[{maxLength: 0}, /"maxLength".*Received 0/u],
		[{level: 10}, /"level".*0 to 9.*Received 10/u],
		[{level: Infinity}, /"level"/u],
		[{minLength: 2 ** 31}, /"minLength".*0 to 2147483647/u],
		[{minLength: 10, maxLength: 9}, /"maxLength".*minLength, which is 10/u],
	] as const)
		t.throws(() => compressed(options), {...range, message});
	t.notThrows(() => compressed({threshold: Infinity, maxLength: Infinity, level: 0}));
});
