import {once} from 'node:events';
import {createServer} from 'node:net';
import {announce, burn, readOptions} from './common.mjs';

const {port, burnMs} = readOptions('Echo server on node:net, for await style.');

async function echo(socket) {
	for await (const chunk of socket) {
		if (!socket.write(chunk)) await once(socket, 'drain');
	}
}

async function burnAndEcho(socket) {
	for await (const chunk of socket) {
		burn(burnMs);
		if (!socket.write(chunk)) await once(socket, 'drain');
	}
}

const handler = burnMs > 0 ? burnAndEcho : echo;
const server = createServer({noDelay: true}, socket => {
	// A peer's reset ends that connection only.
	handler(socket).catch(() => {});
});
server.listen(port, '127.0.0.1', () => announce(server.address().port));
