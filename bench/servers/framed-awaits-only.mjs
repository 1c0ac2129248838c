import {listen} from 'cotcp';
import {announce, readOptions} from './common.mjs';

const {port} = readOptions(
	'An echo of chunks on cotcp that makes a view for every 104 bytes and awaits twice for it, as a handler of frames does, without a codec: what `framed` costs at least.',
);

const frameBytes = 104;
const done = Promise.resolve();

async function echo(connection) {
	for await (const chunk of connection) {
		for (let at = 0; at + frameBytes <= chunk.length; at += frameBytes) {
			// One await for the frame, one for its send.
			await Promise.resolve(chunk.subarray(at, at + frameBytes));
			await done;
		}
		await connection.send(chunk);
	}
}

const server = await listen({port, host: '127.0.0.1'}, echo);
announce(server.address.port);
