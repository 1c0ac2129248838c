import {spawn} from 'node:child_process';
import {Buffer} from 'node:buffer';
import test, {type ExecutionContext} from 'ava';
import {listen, type CoTcpConnection} from '../../src/index.js';
import {pattern} from '../support/bytes.js';
import {checkDescriptors} from '../support/descriptors.js';
import type {NetPeer} from '../support/net-peer.js';
import {rawPair} from '../support/pairs.js';
import {nextTurn, within} from '../support/wait.js';

checkDescriptors(test);

const slabBytes = 1024 * 1024;
/** Less than this is left in a slab that is used up. */
const leastRoomBytes = 16 * 1024;
/** One receive takes that at once. */
const messageBytes = 60_000;

/** `count` bytes that are received by tryRead, in no batch. The last chunk. */
async function fetch(connection: CoTcpConnection, peer: NetPeer, count: number): Promise<Buffer> {
	await peer.send(pattern(count));
	let last: Buffer = Buffer.alloc(0);
	for (let received = 0; received < count;) {
		await nextTurn();
		for (let chunk; received < count && (chunk = connection.tryRead()); received += chunk.length) last = chunk;
	}

	return last;
}

/** Receives until the slab that is in use has too little room for one more receive. */
async function useUpSlab(connection: CoTcpConnection, peer: NetPeer): Promise<void> {
	for (let count = messageBytes; ;) {
		const last = await fetch(connection, peer, count);
		if (last.buffer.byteLength !== slabBytes) continue; // it was small, and lies in the pool
		const room = slabBytes - last.byteOffset - last.length;
		if (room < leastRoomBytes) return;
		// A chunk below 4 KiB would lie elsewhere.
		count = room < messageBytes + 2 * leastRoomBytes ? room - leastRoomBytes / 2 : messageBytes;
	}
}

const waitsWithout = test.macro(
	async (t, read: (connection: CoTcpConnection, count: number) => Promise<Buffer | null>) => {
		const {connection, peer} = await rawPair(t);
		for (let round = 0; round < 3; round++) {
			await useUpSlab(connection, peer);
			await useUpSlab(connection, peer);
			const data = pattern(5000, round);
			const reading = read(connection, data.length);
			await peer.send(data);
			const received = await within(reading, 'the bytes that came when all memory was used up', 5000);
			t.true(received?.equals(data));
		}
	},
);

test.serial(
	'read gets what comes when all memory to receive into is used up and nothing else happens',
	waitsWithout,
	connection => connection.read(),
);
test.serial(
	'readExactly gets what comes when all memory to receive into is used up and nothing else happens',
	waitsWithout,
	(connection, count) => connection.readExactly(count),
);

/** Connections that send a stretch of their own sequence of words for each byte they get, all at once. */
const senders = `
import array, socket, sys, threading
port, count, length = map(int, sys.argv[1:])
sockets = [socket.create_connection(('127.0.0.1', port), 30) for _ in range(count)]
def serve(index, peer):
    start = (index + 1) << 20
    while peer.recv(1):
        peer.sendall(array.array('I', range(start, start + length // 4)).tobytes())
        start += length // 4
threads = [threading.Thread(target=serve, args=pair) for pair in enumerate(sockets)]
for thread in threads: thread.start()
for thread in threads: thread.join()
`;

async function acceptSenders(t: ExecutionContext, count: number, length: number): Promise<CoTcpConnection[]> {
	const server = await listen({port: 0, host: '127.0.0.1'});
	const child = spawn('python3', ['-c', senders, ...[server.address.port, count, length].map(String)], {
		stdio: ['ignore', 'ignore', 'inherit'],
	});
	const connections: CoTcpConnection[] = [];
	t.teardown(async () => {
		child.kill('SIGKILL');
		for (const connection of connections) connection.reset();
		await server.close({timeout: 0});
	});
	while (connections.length < count) {
		const connection = await within(server.accept(), 'a sender');
		if (connection !== null) connections.push(connection);
	}

	return connections;
}

/** Holds the thread until each has at least `count` bytes more in the kernel: they all come in one batch then. */
function holdUntilReceived(connections: readonly CoTcpConnection[], before: readonly number[], count: number): void {
	const end = performance.now() + 10_000;
	for (const [index, connection] of connections.entries()) {
		while ((connection.info()?.bytesReceived ?? 0) < (before[index] ?? 0) + count) {
			if (performance.now() > end) throw new Error(`Connection ${index} has not received ${count} bytes`);
		}
	}
}

/** How many words of `message` do not follow the one before them. */
function wrongWords(message: Buffer): number {
	const words = new Uint32Array(Uint8Array.from(message).buffer);
	return words.reduce((wrong, word, index) => wrong + (word === (words[0] as number) + index ? 0 : 1), 0);
}

// A reader that goes on within a batch may use up the memory to receive into, while chunks of the same batch lie in the old.
test.serial('what many readers get in one batch is never read from memory that took the place of theirs', async t => {
	const length = 300 * 1024;
	const connections = await acceptSenders(t, 32, length);
	for (let round = 0; round < 3; round++) {
		const before = connections.map(connection => connection.info()?.bytesReceived ?? 0);
		const messages = connections.map(async connection => connection.readExactly(length));
		await Promise.all(connections.map(async connection => connection.send('x')));
		await nextTurn();
		holdUntilReceived(connections, before, 48 * 1024);
		const received = await within(Promise.all(messages), 'the messages');
		t.deepEqual(
			received.map(message => wrongWords(message)),
			received.map(() => 0),
			`round ${round}`,
		);
	}
});
