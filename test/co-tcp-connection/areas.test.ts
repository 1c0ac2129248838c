import {createHash} from 'node:crypto';
import test from 'ava';
import {connect, listen} from '../../src/index.js';

const messageBytes = 250_000;
const connections = 40;
const rounds = 6;

function message(seed: number): Buffer {
	const bytes = Buffer.alloc(messageBytes);
	for (let at = 0; at < messageBytes; at += 4) bytes.writeUInt32LE(Math.imul(at + seed, 2_654_435_761) >>> 0, at);
	return bytes;
}

const hash = (bytes: Buffer): string => createHash('sha1').update(bytes).digest('hex');

// A reader that goes on within a batch may use up the memory to receive into, while chunks of the same batch still lie in the old.
test('what several readers collect at once is never read from memory that took the place of theirs', async t => {
	const server = await listen({port: 0, host: '127.0.0.1'}, async connection => {
		const seed = (await connection.readExactly(4)).readUInt32LE();
		for (let round = 0; round < rounds; round++) await connection.send(message(seed + round));
		await connection.shutdown();
		await connection.readAll();
	});
	await Promise.all(
		Array.from({length: connections}, async (_, index) => {
			const connection = await connect({host: '127.0.0.1', port: server.address.port});
			const request = Buffer.alloc(4);
			request.writeUInt32LE(index * 1000);
			await connection.send(request);
			for (let round = 0; round < rounds; round++) {
				t.is(hash(await connection.readExactly(messageBytes)), hash(message(index * 1000 + round)));
			}

			t.is(await connection.read(), null);
			await connection.close();
		}),
	);
	await server.close();
});
