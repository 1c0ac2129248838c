/** Bytes with a few things wrong. */
import {Buffer} from 'node:buffer';
import type {Random} from './random.js';

const interestingBytes = [0, 1, 0x0a, 0x0d, 0x7f, 0x80, 0xff];

/** Numbers that decoders have been seen to stumble over, in 1 to 11 bytes. */
export const hostileNumbers: readonly Buffer[] = [
	'00',
	'ff',
	'80',
	'7f',
	'0000',
	'ffff',
	'ffffff',
	'00000000',
	'ffffffff',
	'fffffffe',
	'80000000',
	'00000080',
	'7fffffff',
	'ffffff7f',
	'0000000000000000',
	'ffffffffffffffff',
	'8000000000000000',
	'0000000000000080',
	'7fffffffffffffff',
	'001fffffffffffff',
	'0020000000000000',
	'ffffffff0f',
	'ffffffffffffffffff01',
	'ffffffffffffffffff7f',
	'8080808080808080808080',
	'8080808080808080808001',
	'ffffffffffffffffffffff',
].map(text => Buffer.from(text, 'hex'));

/** `bytes` with one to four changes. */
export function mutated(random: Random, bytes: Buffer): Buffer {
	let result: Buffer = Buffer.from(bytes);
	for (let changes = 1 + random.below(4); changes > 0; changes--) result = changed(random, result);
	return result;
}

function changed(random: Random, bytes: Buffer): Buffer {
	const at = random.below(bytes.length + 1);
	const size = 1 + random.below(8);
	switch (random.below(8)) {
		case 0:
			if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
			return bytes;
		case 1:
			if (at < bytes.length) bytes[at] = random.pick(interestingBytes);
			return bytes;
		case 2:
			random.pick(hostileNumbers).copy(bytes, at);
			return bytes;
		case 3:
			return Buffer.concat([bytes.subarray(0, at), random.bytes(size), bytes.subarray(at)]);
		case 4:
			return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
		case 5:
			return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 16))]);
		case 6:
			return Buffer.concat([bytes.subarray(0, at), random.pick(hostileNumbers), bytes.subarray(at)]);
		default:
			return bytes.subarray(0, at);
	}
}
