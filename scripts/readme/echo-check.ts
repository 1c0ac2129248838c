import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import net from 'node:net';

const bytes = 4 * 1024 * 1024;

/** A client that is not ours sends random bytes and ends; the same bytes and the end have to come back. */
export async function checkEcho(port: number): Promise<void> {
	const sent = randomBytes(bytes);
	const socket = net.connect({port, host: '127.0.0.1'});
	socket.end(sent);
	const received: Buffer[] = [];
	for await (const chunk of socket as AsyncIterable<Buffer>) received.push(chunk);
	assert.ok(Buffer.concat(received).equals(sent), 'the echo differs from what was sent');
}
