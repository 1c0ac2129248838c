/** Frames taken apart and made by hand, as a program on node:net has to: a length of four bytes, big-endian, and a body. */
const headerBytes = 4;
const maxBodyBytes = 10 * 1024 * 1024;

export function encode(body) {
	const frame = Buffer.allocUnsafe(headerBytes + body.length);
	frame.writeUInt32BE(body.length, 0);
	body.copy(frame, headerBytes);
	return frame;
}

/** Feed one the chunks of a connection: `onBody` gets each body. false: a frame that is not allowed. */
export class FrameParser {
	#rest;

	feed(chunk, onBody) {
		const input = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
		let at = 0;
		while (input.length - at >= headerBytes) {
			const length = input.readUInt32BE(at);
			if (length === 0 || length > maxBodyBytes) return false;
			const start = at + headerBytes;
			if (input.length - start < length) break;
			onBody(input.subarray(start, start + length));
			at = start + length;
		}
		this.#rest = at === input.length ? undefined : input.subarray(at);
		return true;
	}
}
