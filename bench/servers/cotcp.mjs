import {listen} from 'cotcp';
import {announce, burn, readOptions} from './common.mjs';

const {port, burnMs} = readOptions('Echo server on cotcp, coroutine face.');

async function echo(connection) {
	for await (const chunk of connection) await connection.send(chunk);
}

async function burnAndEcho(connection) {
	for await (const chunk of connection) {
		burn(burnMs);
		await connection.send(chunk);
	}
}

const server = await listen({port, host: '127.0.0.1'}, burnMs > 0 ? burnAndEcho : echo);
announce(server.address.port);
