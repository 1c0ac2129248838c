import {Buffer} from 'node:buffer';
import test from 'ava';
import {EventLoop} from '../../src/reactor/index.js';
import {dial, dialMany, turns, until} from '../support/server-peers.js';
import {serveReactor} from './support.js';

const loop = EventLoop.current();
const MiB = 1024 * 1024;

test('stopRead holds back messages and the end, and closes the window; startRead goes on', async t => {
	const scene = await serveReactor(t, {
		onConnection(connection) {
			if (connection.state === 'connected') connection.stopRead();
		},
	});
	const peer = await dial(scene.server.address);
	await until('it is up', () => scene.log.includes('up'));
	peer.send(Buffer.alloc(32 * MiB));
	peer.end();
	await turns();
	t.deepEqual(scene.log, ['up']);
	t.true(peer.socket.writableLength > 0);
	const [connection] = scene.server.connections;
	connection?.startRead();
	await scene.closed();
	t.is(scene.infos[0]?.bytesRead, 32 * MiB);
	t.deepEqual(scene.log.slice(-3), ['end', 'down', 'close']);
});

test('unread bytes stay in the buffer, also over turns, and are there when it goes down', async t => {
	let rest = '';
	const scene = await serveReactor(t, {
		onMessage(_connection, buffer) {
			while (buffer.findCRLF() >= 0) {
				t.is(buffer.retrieveAsString(buffer.findCRLF()), 'line');
				buffer.retrieve(2);
			}

			rest = buffer.peek().toString();
		},
	});
	const peer = await dial(scene.server.address);
	for (const piece of ['li', 'ne\r', '\nline\r\nunfin', 'ished']) {
		peer.send(piece);
		const messages = scene.log.length;
		await until('it has come', () => scene.log.length > messages);
	}

	t.is(rest, 'unfinished');
	peer.end();
	await scene.closed();
});

test('receiveTime is when the loop woke up: not after now, and the same for all of a batch', async t => {
	const times: number[] = [];
	const scene = await serveReactor(t, {
		onMessage(_connection, buffer, receiveTime) {
			buffer.retrieveAll();
			times.push(receiveTime);
			t.true(receiveTime <= loop.now() && receiveTime > loop.now() - 10_000);
		},
	});
	const peers = await dialMany(20, scene.server.address);
	await until('all are up', () => scene.logs.size === 20);
	for (const peer of peers) peer.send('x');
	await until('all have come', () => times.length === 20);
	t.true(new Set(times).size < 20);
});
