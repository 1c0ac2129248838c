import {listen} from 'cotcp';
import {lengthPrefixed} from 'cotcp/codec';
import {announce, burn, readOptions} from './common.mjs';

const {port, burnMs} = readOptions(
	'Answers frames (a length of four bytes, big-endian, and a body) on cotcp, coroutine face.',
);

async function answer(connection) {
	const framed = connection.framed(lengthPrefixed());
	for await (const frame of framed) await framed.send(frame);
}

async function burnAndAnswer(connection) {
	const framed = connection.framed(lengthPrefixed());
	for await (const frame of framed) {
		burn(burnMs);
		await framed.send(frame);
	}
}

const server = await listen({port, host: '127.0.0.1'}, burnMs > 0 ? burnAndAnswer : answer);
announce(server.address.port);
