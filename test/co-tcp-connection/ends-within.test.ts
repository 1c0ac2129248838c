/** Ends that come inside of a decoder, from a handler that is over, or behind urgent data: what had come before them is still read. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import test from 'ava';
import type {Codec} from '../../src/codec/index.js';
import {connect, listen, type CoTcpConnection} from '../../src/index.js';
import {moreThanFits} from '../support/bytes.js';
import {ownPair} from '../support/pairs.js';
import {reasonOf, turns, until, within} from '../support/wait.js';

const ignore = (): void => {};
const large = Buffer.alloc(moreThanFits);

for (const isEndBehind of [false, true]) {
	const behind = isEndBehind ? ', the end behind them' : '';
	test(`a decoder that ends its connection within half a frame is asked again, as the rest has come${behind}`, async t => {
		const {connection, peer} = await ownPair(t, {maxPendingBytes: 1000, ofPeer: {}});
		let calls = 0;
		const codec: Codec<string, never> = {
			decode(buffer) {
				calls++;
				if (buffer.readableBytes >= 4) return buffer.retrieveAsString(4);
				if (calls > 1) return undefined;
				// On loopback it is there when the call returns.
				peer.send('cdefgh', {timeout: 0}).catch(ignore);
				if (isEndBehind) peer.shutdown().catch(ignore);
				for (let count = 0; count < 3; count++) connection.send(large).catch(ignore);
				return undefined;
			},
			encode: () => '',
		};
		const framed = connection.framed(codec);
		const reading = framed.read();
		await peer.send('ab');
		t.is(await within(reading, 'the frame'), 'abcd');
		t.is((await connection.closed).reason, 'maxPendingBytes');
		t.is(await framed.read(), 'efgh');
		if (isEndBehind) t.is(await framed.read(), null);
		else t.is(((await reasonOf(framed.read())) as Error).name, 'LimitError');
	});
}

test('a handler that lets through what a broken connection told its send takes nothing from who reads beside it', async t => {
	let bytes = 0;
	let last: unknown;
	let connected: CoTcpConnection | undefined;
	let goOn: () => void = ignore;
	const told = new Promise<void>(resolve => {
		goOn = resolve;
	});
	const server = await listen({port: 0, host: '127.0.0.1'}, async connection => {
		connected = connection;
		const reading = (async () => {
			for await (const chunk of connection) bytes += chunk.length;
		})();
		reading.catch((error: unknown) => {
			last = error;
		});
		await told;
		// The reset is there, and the loop has not heard of it.
		peer.send(Buffer.alloc(5000), {timeout: 0}).catch(ignore);
		peer.reset();
		await connection.send('x');
	});
	t.teardown(async () => server.close({timeout: 0}));
	const peer = await connect({host: '127.0.0.1', port: server.address.port});
	await until(() => connected !== undefined, 'the connection');
	await turns(3);
	goOn();
	t.is((await within((connected as unknown as CoTcpConnection).closed, 'its end')).reason, 'broken');
	await until(() => last !== undefined, 'the end of the reads');
	t.is((last as Error).name, 'BrokenError');
	t.is(bytes, 5000);
});

const urgentPeer = `
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 30)
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
s.sendall(b'a' * 1000); s.send(b'!', socket.MSG_OOB)
s.setblocking(False)
try:
    while True: s.send(b'b' * 4096)
except BlockingIOError: pass
s.setblocking(True)
s.recv(1)
`;

test('what had come behind urgent data is read as well', async t => {
	let connected: CoTcpConnection | undefined;
	let done: () => void = ignore;
	const over = new Promise<void>(resolve => {
		done = resolve;
	});
	const server = await listen({port: 0, host: '127.0.0.1', idleTimeout: 500}, async connection => {
		connected = connection;
		await over;
	});
	t.teardown(async () => {
		done();
		await server.close({timeout: 0});
	});
	const python = spawn('python3', ['-c', urgentPeer, String(server.address.port)], {stdio: 'ignore'});
	const exit = once(python, 'close');
	await until(() => connected !== undefined, 'the connection');
	const connection = connected as unknown as CoTcpConnection;
	t.is((await within(connection.closed, 'its end')).reason, 'idleTimeout');
	let bytes = 0;
	const reading = (async () => {
		for await (const chunk of connection) bytes += chunk.length;
	})();
	t.is(((await reasonOf(reading)) as Error).name, 'TimeoutError');
	// More than the bytes before it and one receive. The peer may have gone on while they were taken.
	t.true(bytes > 1000 + 65_536);
	t.true(bytes < (connection.info()?.bytesReceived ?? NaN));
	await exit;
});
