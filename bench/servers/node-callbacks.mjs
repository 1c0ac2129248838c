import {createServer} from 'node:net';
import {announce, burn, readOptions} from './common.mjs';

const {port, burnMs} = readOptions('Echo server on node:net, callback style.');

const server = createServer({noDelay: true}, socket => {
	const echo = chunk => {
		if (!socket.write(chunk)) socket.pause();
	};
	socket.on('data', burnMs > 0 ? chunk => (burn(burnMs), echo(chunk)) : echo);
	socket.on('drain', () => socket.resume());
	// A peer's reset ends that connection only.
	socket.on('error', () => {});
});
server.listen(port, '127.0.0.1', () => announce(server.address().port));
