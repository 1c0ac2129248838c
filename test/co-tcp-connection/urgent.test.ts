import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {text} from 'node:stream/consumers';
import test from 'ava';
import {listen} from '../../src/index.js';

/** Sends `abc`, an urgent byte and `def` in one go, and waits for an answer before the next round: nothing else wakes the server. */
const peer = `
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 30)
for round in range(50):
    s.sendall(b'abc'); s.send(b'!', socket.MSG_OOB); s.sendall(b'def')
    if s.recv(2) != b'ok': sys.exit('no answer')
print('done')
`;

test('what follows urgent data is read without waiting for more', async t => {
	let received = '';
	const server = await listen({port: 0, host: '127.0.0.1'}, async connection => {
		for await (const chunk of connection) {
			received += chunk.toString();
			if (received.endsWith('def')) await connection.send('ok');
		}
	});
	const python = spawn('python3', ['-c', peer, String(server.address.port)], {stdio: ['ignore', 'pipe', 'inherit']});
	const [output] = await Promise.all([text(python.stdout), once(python, 'close')]);
	t.is(output.trim(), 'done');
	t.is(received, 'abcdef'.repeat(50));
	await server.close();
});
