import {createReadStream} from 'node:fs';
import {createServer} from 'node:net';
import {announce} from './common.mjs';
import {readFileOptions} from './file-options.mjs';

const file = readFileOptions('Sends a file with node:net and a stream of 64 KiB chunks.');

const server = createServer({noDelay: true}, socket => {
	// A peer's reset ends that connection only.
	socket.on('error', () => {});
	createReadStream(file).pipe(socket);
});
server.listen(0, '127.0.0.1', () => announce(server.address().port));
