import {Buffer} from 'node:buffer';
import test from 'ava';
import {lengthPrefixed, type LengthPrefixedOptions} from '../../src/codec/index.js';
import {rawPair} from '../support/pairs.js';
import {within} from '../support/wait.js';

/** Lengths around those of a varint's bytes, and of what is no small message any more. */
const lengths = [1, 2, 16, 17, 126, 127, 128, 129, 250, 2047, 2048, 2049, 4080, 4092, 4095, 4096, 5000, 1];
const frames = lengths.map((length, index) => Buffer.alloc(length, index + 1));

const echoes = test.macro(async (t, options: LengthPrefixedOptions) => {
	const {connection, peer} = await rawPair(t);
	const codec = lengthPrefixed(options);
	const bytes = Buffer.concat(frames.flatMap(frame => codec.encode(frame) as Buffer | Buffer[]));
	const echo = (async () => {
		const framed = connection.framed(codec);
		for await (const frame of framed) await framed.send(frame);
	})();
	for (let round = 0; round < 5; round++) {
		await peer.send(bytes);
		t.true(bytes.equals(await peer.readExactly(bytes.length)));
	}

	await peer.end();
	await within(echo, 'the end');
});

test('frames that are echoed in a batch are the bytes that encode gives, with a length of four bytes', echoes, {});
test('... and with little-endian ones', echoes, {byteOrder: 'LE'});
test('... and with three bytes', echoes, {lengthFieldLength: 3});
test('... and with two little-endian ones behind two others', echoes, {
	lengthFieldLength: 2,
	byteOrder: 'LE',
	lengthFieldOffset: 2,
});
test('... and with eight bytes that count themselves', echoes, {lengthFieldLength: 8, lengthAdjustment: -8});
test('... and with a varint', echoes, {lengthFieldLength: 'varint'});
test('... and with a varint behind three bytes', echoes, {lengthFieldLength: 'varint', lengthFieldOffset: 3});

test("a codec made out of one of the library's uses its own encode and decode", async t => {
	const {connection, peer} = await rawPair(t);
	const base = lengthPrefixed({lengthFieldLength: 1});
	const spread = {...base, encode: (frame: Buffer) => base.encode(`<${frame.toString()}>`)};
	const derived = Object.assign(Object.create(spread) as typeof spread, {
		decode(buffer: Parameters<typeof base.decode>[0]) {
			const frame = base.decode(buffer) as Buffer | undefined;
			return frame === undefined ? undefined : Buffer.from(frame.toString().toUpperCase());
		},
	});
	const echo = (async () => {
		const framed = connection.framed(derived);
		for await (const frame of framed) await framed.send(frame);
	})();
	await peer.send(Buffer.from('\u0001a\u0001b'));
	t.is((await peer.readExactly(8)).toString(), '\u0003<A>\u0003<B>');
	await peer.end();
	await within(echo, 'the end');
});
