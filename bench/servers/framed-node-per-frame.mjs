import {createServer} from 'node:net';
import {announce, burn, readOptions} from './common.mjs';
import {encode, FrameParser} from './frames.mjs';

const {port, burnMs} = readOptions(
	'Answers frames (a length of four bytes, big-endian, and a body) on node:net, callback style: each answer in a write of its own.',
);

function serve(socket) {
	const parser = new FrameParser();
	socket.on('data', chunk => {
		const isFine = parser.feed(chunk, body => {
			if (burnMs > 0) burn(burnMs);
			if (!socket.write(encode(body))) socket.pause();
		});
		if (!isFine) socket.destroy();
	});
	socket.on('drain', () => socket.resume());
	// A peer's reset ends that connection only.
	socket.on('error', () => {});
}

const server = createServer({noDelay: true}, serve);
server.listen(port, '127.0.0.1', () => announce(server.address().port));
