/** Test data. */
import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';

export const mebibyte: number = 1024 * 1024;

/** More than the kernel's buffers of one loopback connection hold. */
export const moreThanFits: number = 32 * mebibyte;

/** Bytes that tell where they belong: no stretch of them repeats within 64 KiB. */
export function pattern(length: number, seed = 0): Buffer {
	const bytes = Buffer.allocUnsafeSlow(length);
	let state = seed * 2_654_435_761 + 1;
	for (let index = 0; index < length; index++) {
		state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
		bytes[index] = state >>> 16;
	}

	return bytes;
}

export function sha256(bytes: Uint8Array): string {
	return createHash('sha256').update(bytes).digest('hex');
}
