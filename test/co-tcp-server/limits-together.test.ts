import {once} from 'node:events';
import net from 'node:net';
import test from 'ava';
import {lines} from '../../src/codec/index.js';
import {listen} from '../../src/index.js';
import {deadlines} from '../../src/loop/call-deadlines.js';
import {moreThanFits} from '../support/bytes.js';
import {checkDescriptors} from '../support/descriptors.js';
import {until} from '../support/wait.js';

checkDescriptors(test);

const patienceMs = 60_000;

/** What peers do to a server that answers lines, and how each of them ends there. */
const peers: Record<string, (socket: net.Socket) => void> = {
	frameTimeout: socket => socket.write('half a li'),
	stallTimeout: socket => socket.pause().write('much\n'),
	idleTimeout: socket => socket.resume().write('one\ntwo\n'),
	broken: socket => socket.resetAndDestroy(),
	closed: socket => socket.resume().end('last\n'),
};

test.serial(
	'under all limits at once each hostile peer ends by its own, counters add up, and nothing stays behind',
	async t => {
		const rounds = 12;
		const errors: unknown[] = [];
		const server = await listen(
			{
				host: '127.0.0.1',
				port: 0,
				frameTimeout: 1000,
				stallTimeout: 1500,
				idleTimeout: 6000,
				sendTimeout: 30_000,
				onError: error => errors.push(error),
			},
			async connection => {
				const framed = connection.framed(lines());
				for await (const line of framed) {
					if (line === 'much') await connection.send(Buffer.alloc(moreThanFits));
					else await framed.send(line);
				}
			},
		);
		const sockets: net.Socket[] = [];
		for (let round = 0; round < rounds; round++) {
			for (const act of Object.values(peers)) {
				const socket = net.connect(server.address.port, '127.0.0.1');
				socket.on('error', () => {});
				sockets.push(socket);
				await once(socket, 'connect');
				act(socket);
			}
		}

		await until(() => server.stats.accepted === sockets.length, 'all accepted', patienceMs);
		await until(() => server.connections.size === 0, 'all ended', patienceMs);
		for (const socket of sockets) socket.destroy();
		const {accepted, open, ended, handlerErrors} = server.stats;
		for (const reason of Object.keys(peers)) t.is(ended[reason as keyof typeof ended], rounds, reason);
		t.is(
			accepted,
			Object.values(ended).reduce((sum, count) => sum + count, open),
		);
		t.is(handlerErrors, 0);
		t.deepEqual(errors, []);
		t.deepEqual(await server.close(), {drained: 0, aborted: 0});
		t.is(deadlines.size, 0);
	},
);
