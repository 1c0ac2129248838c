import {createServer} from 'node:net';
import {announce, burn, readOptions} from './common.mjs';

const headerBytes = 4;
const maxBodyBytes = 10 * 1024 * 1024;
const {port, burnMs} = readOptions(
	'Answers frames (a length of four bytes, big-endian, and a body) on node:net, callback style.',
);

function encode(body) {
	const frame = Buffer.allocUnsafe(headerBytes + body.length);
	frame.writeUInt32BE(body.length, 0);
	body.copy(frame, headerBytes);
	return frame;
}

function serve(socket) {
	let rest;
	socket.on('data', chunk => {
		const input = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
		const answers = [];
		let at = 0;
		while (input.length - at >= headerBytes) {
			const length = input.readUInt32BE(at);
			if (length === 0 || length > maxBodyBytes) {
				socket.destroy();
				return;
			}
			const start = at + headerBytes;
			if (input.length - start < length) break;
			if (burnMs > 0) burn(burnMs);
			answers.push(encode(input.subarray(start, start + length)));
			at = start + length;
		}
		rest = at === input.length ? undefined : input.subarray(at);
		if (answers.length > 0 && !socket.write(answers.length === 1 ? answers[0] : Buffer.concat(answers)))
			socket.pause();
	});
	socket.on('drain', () => socket.resume());
	// A peer's reset ends that connection only.
	socket.on('error', () => {});
}

const server = createServer({noDelay: true}, serve);
server.listen(port, '127.0.0.1', () => announce(server.address().port));
