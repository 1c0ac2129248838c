/** A codec without a connection: bytes go in by pieces, frames come out. */
import {Buffer} from 'node:buffer';
import fc from 'fast-check';
import type {Codec} from '../../src/codec/codec.js';
import {createInputBuffer, type InputBuffer} from '../../src/codec/input-buffer.js';
import type {Bytes} from '../../src/connection-types.js';
import {Inbox} from '../../src/connection/inbox.js';
import {isSoak} from '../support/scale.js';

export interface Input {
	readonly buffer: InputBuffer;
	readonly inbox: Inbox;
	/** Bytes that were said to be taken. */
	readonly taken: () => number;
}

export function input(...chunks: ReadonlyArray<string | Uint8Array>): Input {
	const inbox = new Inbox();
	let taken = 0;
	const buffer = createInputBuffer(inbox, count => {
		taken += count;
	});
	for (const chunk of chunks) inbox.push(Buffer.from(chunk));
	return {buffer, inbox, taken: () => taken};
}

/** What `encode` gave, in one piece. */
export async function encoded<Out>(codec: Codec<unknown, Out>, frame: Out): Promise<Buffer> {
	return joined(await codec.encode(frame));
}

/** As above, of an encoder that does not wait. */
export function encodedNow<Out>(codec: Codec<unknown, Out>, frame: Out): Buffer {
	const message = codec.encode(frame);
	if (message instanceof Promise) throw new Error('This encoder waits');
	return joined(message);
}

function joined(message: Bytes | readonly Bytes[]): Buffer {
	const pieces = typeof message === 'string' || message instanceof Uint8Array ? [message] : message;
	return Buffer.concat(pieces.map(piece => Buffer.from(piece)));
}

/** All frames that are there, of a decoder that does not wait. */
export function decodeNow<In>(codec: Codec<In, never>, buffer: InputBuffer): In[] {
	const frames: In[] = [];
	for (;;) {
		const before = buffer.readableBytes;
		const frame = codec.decode(buffer);
		if (frame === undefined) {
			if (buffer.readableBytes !== before) throw new Error('Bytes were taken though no frame was there');
			return frames;
		}

		if (frame instanceof Promise) throw new Error('This decoder waits');
		if (frame !== '' && buffer.readableBytes >= before) throw new Error('A frame that takes no bytes');
		frames.push(frame);
	}
}

/** All frames of `bytes`, which come in pieces of the sizes of `cuts`, over and over. */
export async function decodeCut<In>(codec: Codec<In, never>, bytes: Buffer, cuts: readonly number[]): Promise<In[]> {
	const {buffer, inbox} = input();
	const frames: In[] = [];
	for (const piece of cut(bytes, cuts)) {
		inbox.push(piece);
		for (;;) {
			const frame = codec.decode(buffer);
			if (frame === undefined) break;
			frames.push(frame instanceof Promise ? await frame : frame);
		}
	}

	if (buffer.readableBytes > 0) throw new Error(`${buffer.readableBytes} bytes are left`);
	return frames;
}

/** `bytes` in pieces. */
export function* cut(bytes: Buffer, cuts: readonly number[]): Generator<Buffer> {
	for (let at = 0, index = 0; at < bytes.length; index++) {
		const size = Math.max(1, cuts[index % cuts.length] ?? 1);
		yield bytes.subarray(at, at + size);
		at += size;
	}
}

/** Sizes of pieces: single bytes, a few, and such that are not gathered. */
export const cuts: fc.Arbitrary<number[]> = fc.oneof(
	fc.constant<number[]>([1]),
	fc.array(fc.integer({min: 1, max: 40}), {minLength: 1, maxLength: 8}),
	fc.array(fc.oneof(fc.integer({min: 1, max: 5}), fc.integer({min: 1, max: 9000})), {minLength: 1, maxLength: 8}),
);

/** Cases of a property: few in the gate, 200,000 in the soak. */
export const propertyRuns: number = isSoak ? 200_000 : 1500;

/** As `decodeCut`, of a decoder that does not wait, with `settle` after every `settleEvery`th piece, as at the end of a turn. */
export function decodeCutNow<In>(
	codec: Codec<In, never>,
	bytes: Buffer,
	sizes: readonly number[],
	settleEvery: number,
): In[] {
	const {buffer, inbox, taken} = input();
	const frames: In[] = [];
	let pieces = 0;
	for (const piece of cut(bytes, sizes)) {
		inbox.push(piece);
		frames.push(...decodeNow(codec, buffer));
		if (++pieces % settleEvery === 0) inbox.settle();
	}

	if (buffer.readableBytes > 0) throw new Error(`${buffer.readableBytes} bytes are left`);
	if (taken() !== bytes.length) throw new Error(`${taken()} of ${bytes.length} bytes were said to be taken`);
	return frames;
}

/** The same bytes, frame by frame. */
export function areEqual(left: readonly Uint8Array[], right: readonly Uint8Array[]): boolean {
	return (
		left.length === right.length &&
		left.every((frame, index) => Buffer.compare(frame, right[index] as Uint8Array) === 0)
	);
}
