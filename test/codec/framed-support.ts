/** A codec for tests, and peers that speak it by hand. */
import {Buffer} from 'node:buffer';
import {ProtocolError} from '../../src/index.js';
import type {Codec} from '../../src/codec/index.js';

export const mostBytes = 1000;

/** Two bytes of length, then the body; longer than 1,000 is illegal. */
export const prefixed: Codec<string> = {
	decode(buffer) {
		if (buffer.readableBytes < 2) return undefined;
		const length = buffer.peekUInt16BE();
		if (length > mostBytes) throw new ProtocolError(`A frame of ${length} bytes`);
		if (buffer.readableBytes < 2 + length) return undefined;
		buffer.readUInt16BE();
		return buffer.retrieveAsString(length);
	},
	encode(frame) {
		const head = Buffer.alloc(2);
		head.writeUInt16BE(Buffer.byteLength(frame));
		return [head, frame];
	},
};

/** The bytes of frames. */
export function bytesOf(...frames: string[]): Buffer {
	return Buffer.concat(
		frames.flatMap(frame => prefixed.encode(frame) as Array<Uint8Array | string>).map(part => Buffer.from(part)),
	);
}

/** A promise that is settled by hand. */
export function gate(): {readonly opened: Promise<void>; readonly open: () => void} {
	let open!: () => void;
	const opened = new Promise<void>(resolve => {
		open = resolve;
	});
	return {opened, open};
}
