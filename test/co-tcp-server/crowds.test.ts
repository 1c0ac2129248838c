/** Many who move all they can: a small request beside them must not wait until each of them has had its turn, and each of them gets its share. */
import {Buffer} from 'node:buffer';
import {spawn} from 'node:child_process';
import {setImmediate as nextRound} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {connect, type CoTcpConnection} from '../../src/index.js';
import {EventLoop} from '../../src/reactor/index.js';
import {serve, until} from '../support/server-peers.js';

const crowd = 200;
const chunk = Buffer.alloc(512 * 1024);
/** What the crowd moves while it is measured: some hundred turns. */
const moved = 256 * 1024 * 1024;
/** A round trip takes the server a turn, and the client, whose connections are in the same loop, another one or two. */
const mostBytesPerTrip = 16 * 1024 * 1024;

type Roles = Record<'s' | 'r', (connection: CoTcpConnection, onBytes: (count: number) => void) => Promise<void>>;

const does: Roles = {
	async s(connection, onBytes) {
		for (;;) {
			await connection.send(chunk);
			onBytes(chunk.length);
		}
	},
	async r(connection, onBytes) {
		for await (const bytes of connection) onBytes(bytes.length);
	},
};

async function answersBeside(t: ExecutionContext, crowdSends: boolean): Promise<void> {
	let bytes = 0;
	const onBytes = (count: number): void => {
		bytes += count;
	};
	const server = await serve(t, async connection => {
		const role = (await connection.readExactly(1)).toString();
		if (role === 'e') for await (const message of connection) await connection.send(message);
		else await does[role as keyof Roles](connection, onBytes).catch(() => {});
	});
	const dial = async (role: string): Promise<CoTcpConnection> => {
		const peer = await connect({port: server.address.port, host: '127.0.0.1'});
		t.teardown(() => {
			peer.reset();
		});
		await peer.send(role);
		return peer;
	};
	for (let count = 0; count < crowd; count++) {
		const peer = await dial(crowdSends ? 's' : 'r');
		void does[crowdSends ? 'r' : 's'](peer, () => {}).catch(() => {});
	}

	const peer = await dial('e');
	let trips = 0;
	for (const from = bytes; bytes < from + moved; trips++) {
		await peer.send('hello');
		t.is((await peer.readExactly(5)).toString(), 'hello');
	}

	t.log({trips});
	t.true(trips >= moved / mostBytesPerTrip, `${trips} answers while the others moved ${moved} bytes`);
}

test.serial('connections that are sent as much as they take', async t => answersBeside(t, true));
test.serial('connections that send all they can', async t => answersBeside(t, false));

/** So many peers, in a process of their own, that take all that is sent to them. */
const drain = `import select, socket, sys
peers = {}
poll = select.epoll()
for _ in range(int(sys.argv[2])):
    peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    peers[peer.fileno()] = peer
    poll.register(peer.fileno(), select.EPOLLIN)
while True:
    for file, _ in poll.poll():
        peers[file].recv(1 << 20)`;

function startDrains(t: ExecutionContext, port: number, processes: number, peers: number): void {
	for (let count = 0; count < processes; count++) {
		const child = spawn('python3', ['-c', drain, String(port), String(peers)], {stdio: 'ignore'});
		t.teardown(() => {
			child.kill('SIGKILL');
		});
	}
}

/** Nobody got next to nothing, and nobody a multiple of the others, while they sent `total` bytes together. */
async function shareFairly(t: ExecutionContext, sent: readonly number[], total: number): Promise<void> {
	const before = [...sent];
	const shares = (): number[] => sent.map((bytes, index) => bytes - (before[index] as number));
	await until('much has been sent', () => shares().reduce((sum, bytes) => sum + bytes) >= total);
	t.log({mebibytes: shares().map(bytes => Math.round(bytes / 2 ** 20))});
	const share = total / sent.length;
	t.true(Math.min(...shares()) >= share / 4, 'somebody got next to nothing');
	t.true(Math.max(...shares()) <= share * 2.5, 'somebody got too much');
}

test.serial('a sender of headers and bodies does not push in before those who stand in line', async t => {
	const pairs = 4;
	const header = Buffer.alloc(16);
	const sent: number[] = [];
	const handler = async (connection: CoTcpConnection): Promise<void> => {
		const index = sent.push(0) - 1;
		const isPlain = index % 2 === 0;
		const send = async (): Promise<void> => {
			await Promise.all(isPlain ? [connection.send(chunk)] : [connection.send(header), connection.send(chunk)]);
			(sent[index] as number) += chunk.length;
		};
		// The one sends its next chunk when the last one is out. Of the other there is always a header that waits.
		const loop = async (): Promise<void> => {
			for (;;) await send();
		};
		await Promise.all(Array.from({length: isPlain ? 1 : 8}, loop)).catch(() => {});
	};
	const server = await serve(t, handler, {maxPendingBytes: Infinity});
	startDrains(t, server.address.port, 2 * pairs, 1);
	await until('all have begun', () => sent.length === 2 * pairs && sent.every(bytes => bytes > 0));
	await shareFairly(t, sent, 1024 * 1024 * 1024);
});

test.serial('a sender that a timer calls does not push in either', async t => {
	const processes = 4;
	const peers = 4;
	const sent: number[] = [];
	const sendOn = async (connection: CoTcpConnection, index: number): Promise<void> => {
		for (;;) {
			if (index % 8 === 0) await nextRound();
			await connection.send(chunk);
			(sent[index] as number) += chunk.length;
		}
	};
	const server = await serve(t, async connection => {
		await sendOn(connection, sent.push(0) - 1).catch(() => {});
	});
	startDrains(t, server.address.port, processes, peers);
	await until('all have begun', () => sent.length === processes * peers && sent.every(bytes => bytes > 0));
	await shareFairly(t, sent, 1024 * 1024 * 1024);
});

test.serial('a turn does not grow with those who send many small messages', async t => {
	const processes = 2;
	const peers = 500;
	const loop = EventLoop.current();
	const message = Buffer.alloc(1);
	let begun = 0;
	let served = 0;
	const sendOn = async (connection: CoTcpConnection): Promise<void> => {
		for (let turn = 0; ;) {
			await connection.send(message);
			if (turn !== loop.stats.iterations) served++;
			turn = loop.stats.iterations;
		}
	};
	const server = await serve(t, async connection => {
		begun++;
		await sendOn(connection).catch(() => {});
	});
	startDrains(t, server.address.port, processes, peers);
	await until('all have begun', () => begun === processes * peers);
	const [turns, before] = [loop.stats.iterations, served];
	await until('much has been sent', () => served - before > 10_000);
	const perTurn = (served - before) / (loop.stats.iterations - turns);
	t.log({perTurn});
	t.true(perTurn < (processes * peers) / 2, `${perTurn} connections had their turn together`);
});
