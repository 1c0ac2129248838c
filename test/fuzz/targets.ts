/** The decoders, each with options and input made from random numbers. */
import {Buffer} from 'node:buffer';
import {deflateSync} from 'node:zlib';
import type {Codec} from '../../src/codec/codec.js';
import {compressed} from '../../src/codec/compressed.js';
import {delimiter} from '../../src/codec/delimiter.js';
import {fixedLength} from '../../src/codec/fixed-length.js';
import {lengthPrefixed} from '../../src/codec/length-prefixed.js';
import {lines} from '../../src/codec/lines.js';
import {encodedNow} from '../codec/feed.js';
import {hostileNumbers, mutated} from './mutate.js';
import {Random} from './random.js';

/** A codec and what must hold for its frames. */
export interface Trial {
	readonly codec: Codec<Buffer | string, never>;
	readonly minLength: number;
	readonly maxLength: number;
	/** Bytes that may be there beside the longest body while a frame is not whole, at most. */
	readonly overhead: number;
	readonly bytes: Buffer;
}

export interface Target {
	readonly name: string;
	make(random: Random): Trial;
}

const mib = 1024 * 1024;
const limits = [1, 2, 7, 16, 16, 64, 255, 256, 300, 5000, 10 * mib];

/** A length at which something may be off by one, or any. */
function lengthNear(random: Random, maxLength: number): number {
	const small = random.below(40);
	if (!random.once(4) || maxLength > 6000) return Math.min(small, maxLength);
	return Math.max(0, maxLength - 1 + random.below(3));
}

/** Valid frames, a mixture of them and rubbish, or rubbish. */
function stream(random: Random, frame: () => Buffer): Buffer {
	const parts: Buffer[] = [];
	for (let count = random.below(5); count >= 0; count--) {
		const kind = random.below(8);
		if (kind < 5) parts.push(frame());
		else if (kind < 7) parts.push(random.pick(hostileNumbers));
		else parts.push(random.bytes(random.below(40)));
	}

	const bytes = Buffer.concat(parts);
	return random.once(3) ? bytes : mutated(random, bytes);
}

/** What encode makes of it; nothing if it refuses. */
function encodedOrNone<Out>(codec: Codec<unknown, Out>, frame: Out): Buffer {
	try {
		return encodedNow(codec, frame);
	} catch (error) {
		if (error instanceof RangeError) return Buffer.alloc(0);
		throw error;
	}
}

const fixed: Target = {
	name: 'fixedLength',
	make(random) {
		const length = 1 + random.below(random.pick([4, 70, 6000]));
		const codec = fixedLength(length);
		const bytes = stream(random, () => encodedNow(codec, Buffer.alloc(length, random.bits())));
		return {codec, minLength: length, maxLength: length, overhead: 0, bytes};
	},
};

const marks = [[10], [13, 10], [0], [97, 98], [97, 97], [97, 97, 98], [97, 98, 97, 98, 97], [255, 0, 255, 0]];

const delimited: Target = {
	name: 'delimiter',
	make(random) {
		const mark = Buffer.from(random.pick(marks));
		const maxLength = random.pick(limits);
		const minLength = random.once(3) ? Math.min(maxLength, random.below(4)) : 0;
		const codec = delimiter(mark, {minLength, maxLength});
		// Few letters, so that delimiters begin and break off all the time.
		const letters = Buffer.concat([Buffer.from('a'), mark.subarray(0, -1), mark.subarray(1), mark]);
		const bytes = stream(random, () => {
			const frame = Buffer.alloc(lengthNear(random, maxLength), letters);
			for (let index = Math.max(0, frame.length - 80); index < frame.length; index++)
				frame[index] = letters[random.below(letters.length)] as number;
			return random.once(2) ? encodedOrNone(codec, frame) : frame;
		});
		return {codec, minLength, maxLength, overhead: mark.length - 1, bytes};
	},
};

const texts = ['', 'a', 'line', 'größe', '\r', '\r\r', '😀', 'x'.repeat(15), 'x'.repeat(16), 'x'.repeat(17)];

const lined: Target = {
	name: 'lines',
	make(random) {
		const maxLength = random.pick(limits);
		const codec = lines({maxLength});
		const bytes = stream(random, () =>
			Buffer.from(random.pick(texts).repeat(1 + random.below(3)) + random.pick(['\n', '\r\n', '\n', '\r', ''])),
		);
		return {codec, minLength: 0, maxLength, overhead: 1, bytes};
	},
};

const prefixed: Target = {
	name: 'lengthPrefixed',
	make(random) {
		const lengthFieldLength = random.pick([1, 2, 3, 4, 8, 'varint', 'varint'] as const);
		const lengthFieldOffset = random.pick([0, 0, 0, 1, 5]);
		const lengthAdjustment = random.pick([0, 0, 0, 4, -4, -20]);
		const keepHeader = random.once(3);
		const maxLength = Math.max(random.pick(limits), lengthAdjustment);
		const minLength = random.pick([0, 1]);
		const shared = {
			lengthFieldLength,
			lengthFieldOffset,
			lengthAdjustment,
			minLength,
			maxLength,
			byteOrder: random.pick(['BE', 'LE'] as const),
		};
		const header = lengthFieldOffset + (lengthFieldLength === 'varint' ? 10 : lengthFieldLength);
		const plain = lengthPrefixed(shared);
		const bytes = stream(random, () => encodedOrNone(plain, Buffer.alloc(lengthNear(random, maxLength), 1)));
		return {
			codec: keepHeader ? lengthPrefixed({...shared, keepHeader}) : plain,
			minLength: minLength + (keepHeader ? lengthFieldOffset + 1 : 0),
			maxLength: maxLength + (keepHeader ? header : 0),
			overhead: header,
			bytes,
		};
	},
};

const headerBytes = 25;

function packed(flag: number, original: number, body: Buffer): Buffer {
	const header = Buffer.alloc(headerBytes);
	header[0] = flag;
	header.writeInt32LE(original, 1);
	header.writeInt32LE(flag === 1 ? body.length : 0, 5);
	return Buffer.concat([header, body]);
}

/** Made once, as compressing costs more than all the rest of a case: plain and compressed, bombs, streams with too little and too much. */
function makeFrames(): Buffer[] {
	const random = new Random(1, 1);
	const frames: Buffer[] = [];
	for (const length of [1, 2, 10, 16, 64, 100, 255, 256, 300, 1000, 5000]) {
		for (const body of [Buffer.alloc(length), random.bytes(length), Buffer.alloc(length, 'abcdefgh')]) {
			const small = deflateSync(body);
			frames.push(
				packed(0, length, body),
				packed(1, length, small),
				packed(1, length, deflateSync(body, {level: 0})),
			);
			frames.push(packed(1, length + 1, small), packed(1, Math.max(0, length - 1), small));
		}
	}

	for (const size of [10_000, 100_000, mib]) {
		const bomb = deflateSync(Buffer.alloc(size), {level: 9});
		for (const told of [16, 300, 1000, 5000, size]) frames.push(packed(1, told, bomb));
	}

	return frames;
}

let packedFrames: Buffer[] | undefined;

const zipped: Target = {
	name: 'compressed',
	make(random) {
		const frames = (packedFrames ??= makeFrames());
		const maxLength = random.pick(limits);
		const minLength = random.pick([0, 1]);
		const codec = compressed({minLength, maxLength});
		// zlib's bound of what it makes of the longest body.
		const overhead = headerBytes + 13 + Math.ceil(maxLength / 2 ** 12) * 2;
		return {codec, minLength, maxLength, overhead, bytes: stream(random, () => random.pick(frames))};
	},
};

/** All decoders of `cotcp/codec`. */
export const targets: readonly Target[] = [fixed, delimited, lined, prefixed, zipped];
