/** Many who move all they can: a small request beside them must not wait until each of them has had its turn, and each of them gets its share. */
import {Buffer} from 'node:buffer';
import {spawn} from 'node:child_process';
import test, {type ExecutionContext} from 'ava';
import {connect, type CoTcpConnection} from '../../src/index.js';
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

/** Takes all that is sent to it, in a process of its own. */
const drain = `import socket, sys
peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
while peer.recv(1 << 20): pass`;

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
	for (let count = 0; count < 2 * pairs; count++) {
		const child = spawn('python3', ['-c', drain, String(server.address.port)], {stdio: 'ignore'});
		t.teardown(() => {
			child.kill('SIGKILL');
		});
	}

	await until('all have begun', () => sent.length === 2 * pairs && sent.every(bytes => bytes > 0));
	const before = [...sent];
	const grown = (): number[] => sent.map((bytes, index) => bytes - (before[index] as number));
	const total = 1024 * 1024 * 1024;
	await until('much has been sent', () => grown().reduce((sum, bytes) => sum + bytes) >= total);
	const shares = grown();
	t.log({mebibytes: shares.map(bytes => Math.round(bytes / 2 ** 20))});
	t.true(Math.min(...shares) >= total / (2 * pairs) / 4, 'somebody got next to nothing');
});
