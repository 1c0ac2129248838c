import {spawn} from 'node:child_process';
import {Buffer} from 'node:buffer';
import {createInterface} from 'node:readline';
import test, {type ExecutionContext} from 'ava';
import {BrokenError, listen, type CoTcpConnection} from '../../src/index.js';
import {checkDescriptors} from '../support/descriptors.js';
import {nextTurn, reasonOf, within} from '../support/wait.js';

checkDescriptors(test);

/** TCP_CLOSE of tcp_states.h: the peer's reset has arrived. */
const tcpClosed = 7;
const mostMs = 10_000;

/** Does what stdin says, while the thread under test does not run. Bytes are those of `sequence`. */
const program = `
import socket, struct, sys
peer = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 30)
def receive():
    count = 0
    try:
        while True:
            data = peer.recv(65536)
            if not data: return f'{count} end'
            count += len(data)
    except OSError:
        return f'{count} reset'
for line in sys.stdin:
    command, _, argument = line.rstrip().partition(' ')
    if command == 'send': peer.sendall(bytes(at * 7 % 251 for at in range(int(argument))))
    if command == 'lines': peer.sendall(b''.join(b'line %d\\n' % at for at in range(int(argument))))
    if command == 'half-close': peer.shutdown(socket.SHUT_WR)
    if command == 'receive': print(receive(), flush=True)
    if command == 'reset':
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        peer.close()
`;

function sequence(length: number): Buffer {
	return Buffer.from(Uint8Array.from({length}, (_, at) => (at * 7) % 251));
}

interface Peer {
	/** It has been told when this returns: the pipe takes it at once. */
	readonly tell: (command: string) => void;
	/** Everything to the end: the number of bytes, and 'end' or 'reset'. */
	readonly receive: () => Promise<string>;
}

function startPeer(t: ExecutionContext, port: number): Peer {
	const child = spawn('python3', ['-c', program, String(port)], {stdio: ['pipe', 'pipe', 'inherit']});
	child.stdin.on('error', () => {}); // it is gone
	t.teardown(() => child.kill('SIGKILL'));
	const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
	const tell = (command: string): void => {
		child.stdin.write(`${command}\n`);
	};
	return {
		tell,
		async receive() {
			tell('receive');
			const {value} = (await within(lines.next(), 'the end at the peer')) as IteratorResult<string, undefined>;
			return String(value);
		},
	};
}

async function pair(t: ExecutionContext): Promise<{connection: CoTcpConnection; peer: Peer}> {
	const server = await listen({port: 0, host: '127.0.0.1'});
	t.teardown(async () => {
		for (const connection of server.connections) connection.reset();
		await server.close({timeout: 0});
	});
	const peer = startPeer(t, server.address.port);
	const connection = await within(server.accept(), 'the peer');
	if (connection === null) throw new Error('The server has closed');
	return {connection, peer};
}

/** Holds the thread until `fact` is true: nothing that comes meanwhile is seen before the caller goes on. */
function holdUntil(fact: () => boolean, what: string): void {
	const end = performance.now() + mostMs;
	while (!fact()) {
		if (performance.now() > end) throw new Error(`Not within ${mostMs} ms: ${what}`);
	}
}

function holdUntilReset(connection: CoTcpConnection, peer: Peer): void {
	peer.tell('reset');
	holdUntil(() => connection.info()?.state === tcpClosed, 'the reset');
}

/** The bytes and then the reset come while the thread is busy. */
function holdUntilSentAndReset(connection: CoTcpConnection, peer: Peer, count: number): void {
	peer.tell(`send ${count}`);
	holdUntil(() => (connection.info()?.bytesReceived ?? 0) >= count, 'the bytes');
	holdUntilReset(connection, peer);
}

// bytes that came before the reset

/** Two receives. */
const messageBytes = 100_000;

async function collect(connection: CoTcpConnection): Promise<Buffer> {
	const chunks: Buffer[] = [];
	try {
		for await (const chunk of connection) chunks.push(chunk);
	} catch (error) {
		if (!(error instanceof BrokenError)) throw error;
	}

	return Buffer.concat(chunks);
}

async function collectInto(connection: CoTcpConnection): Promise<Buffer> {
	const bytes = Buffer.alloc(messageBytes);
	for (let at = 0; at < bytes.length;) at += (await connection.readInto(bytes.subarray(at))) ?? bytes.length;
	return bytes;
}

/** Its first call waits when the bytes and the reset come. */
type Reader = (connection: CoTcpConnection) => Promise<Buffer | null>;

const readsAll = test.macro(async (t, read: Reader) => {
	const {connection, peer} = await pair(t);
	const reading = read(connection);
	await nextTurn();
	holdUntilSentAndReset(connection, peer, messageBytes);
	const bytes = await within(reading, 'the bytes');
	t.true(bytes?.equals(sequence(messageBytes)), `${bytes?.length} bytes`);
	t.is((await within(connection.closed, 'the end')).reason, 'broken');
});

test.serial('readExactly gets all bytes that came before a reset', readsAll, async c => c.readExactly(messageBytes));
test.serial('peek gets all bytes that came before a reset', readsAll, async c => c.peek(messageBytes));
test.serial('readInto gets all bytes that came before a reset', readsAll, collectInto);
test.serial('for await gets all bytes that came before a reset', readsAll, collect);
test.serial('readUntil gets all bytes that came before a reset', readsAll, async c => {
	const delimiter = sequence(messageBytes).subarray(-300);
	const head = await c.readUntil(delimiter.subarray(-1), {limit: 4 * messageBytes});
	return Buffer.concat([head ?? '', await c.readExactly(messageBytes - (head?.length ?? 0))] as Buffer[]);
});

test.serial('readAll that a reset has broken leaves all bytes that had come', async t => {
	const {connection, peer} = await pair(t);
	const reading = connection.readAll();
	await nextTurn();
	holdUntilSentAndReset(connection, peer, messageBytes);
	t.true((await reasonOf(reading)) instanceof BrokenError);
	t.true((await connection.readExactly(messageBytes)).equals(sequence(messageBytes)));
	t.true((await reasonOf(connection.read())) instanceof BrokenError);
});

test.serial('a reader that waits for its turn gets all buffered lines before the reset', async t => {
	// In one turn a connection is served 64 times.
	for (const busyAt of [62, 63]) {
		const {connection, peer} = await pair(t);
		const lines = 3000;
		peer.tell(`lines ${lines}`);
		let count = 0;
		const reason = await reasonOf(async () => {
			for (; (await connection.readLine()) === `line ${count}`; count++) {
				if (count === busyAt) holdUntilReset(connection, peer);
			}
		});
		t.true(reason instanceof BrokenError, String(reason));
		t.is(count, lines);
	}
});

// the FIN after more sends than one turn takes

const endsCleanly = test.macro(async (t, last: 'flush' | 'shutdown') => {
	for (const sends of [63, 64, 65, 127, 128]) {
		const {connection, peer} = await pair(t);
		peer.tell('half-close');
		t.is(await within(connection.read(), "the peer's end"), null);
		await nextTurn();
		const calls = Array.from({length: sends}, async () => connection.send(Buffer.alloc(3000)));
		calls.push(connection.shutdown());
		for (let time = 0; time < 3; time++) calls.push(connection[last]());
		await within(Promise.all(calls), `${sends} sends, shutdown and ${last}`);
		t.is(await peer.receive(), `${sends * 3000} end`);
		t.is((await within(connection.closed, 'the end')).reason, 'closed');
	}
});

test.serial("flush after a shutdown that waits behind many sends does not break the peer's end", endsCleanly, 'flush');
test.serial("a second shutdown behind many sends does not break the peer's end", endsCleanly, 'shutdown');

// a send that resolved and was lost

/** A connection, within a batch, which the peer has reset without anything here having noticed. */
async function unnoticedReset(connection: CoTcpConnection, peer: Peer): Promise<void> {
	peer.tell('send 20');
	await connection.readExactly(1);
	holdUntilReset(connection, peer);
}

test.serial('flush rejects when a small send that had resolved was lost', async t => {
	for (const options of [undefined, {timeout: 0}]) {
		const {connection, peer} = await pair(t);
		await unnoticedReset(connection, peer);
		const sending = connection.send(Buffer.alloc(100));
		const error = await reasonOf(connection.flush(options));
		t.true(error instanceof BrokenError, String(error));
		await t.notThrowsAsync(sending);
		t.is((await within(connection.closed, 'the end')).reason, 'broken');
	}
});

test.serial('shutdown rejects when a small send that had resolved was lost', async t => {
	const {connection, peer} = await pair(t);
	await unnoticedReset(connection, peer);
	const sending = connection.send(Buffer.alloc(100));
	const error = await reasonOf(connection.shutdown());
	t.true(error instanceof BrokenError, String(error));
	await t.notThrowsAsync(sending);
});

test.serial('close tells broken when a small send that had resolved was lost', async t => {
	for (let round = 0; round < 3; round++) {
		const {connection, peer} = await pair(t);
		await unnoticedReset(connection, peer);
		await t.notThrowsAsync(connection.send(Buffer.alloc(100)));
		const info = await within(connection.close(), 'the end');
		t.is(info.reason, 'broken');
		t.true(info.error instanceof BrokenError);
	}
});

test.serial('a handler that lets the BrokenError of its send through has not failed: onError is not told', async t => {
	const told: unknown[] = [];
	const peers: Peer[] = [];
	let handled!: (connection: CoTcpConnection) => void;
	const connected = new Promise<CoTcpConnection>(resolve => {
		handled = resolve;
	});
	const server = await listen({port: 0, host: '127.0.0.1', onError: error => told.push(error)}, async connection => {
		handled(connection);
		await unnoticedReset(connection, peers[0] as Peer);
		await connection.send(Buffer.alloc(8192));
	});
	t.teardown(async () => server.close({timeout: 0}));
	peers.push(startPeer(t, server.address.port));
	const info = await within((await within(connected, 'the peer')).closed, 'the end');
	t.is(info.reason, 'broken');
	t.true(info.error instanceof BrokenError);
	await nextTurn();
	t.deepEqual(told, []);
	t.is(server.stats.ended.broken, 1);
	t.is(server.stats.ended.error, 0);
});
