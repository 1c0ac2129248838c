/** A small request beside hundreds of connections that move all they can: it must not wait until each of them has had its turn. */
import {Buffer} from 'node:buffer';
import test, {type ExecutionContext} from 'ava';
import {connect, type CoTcpConnection} from '../../src/index.js';
import {serve} from '../support/server-peers.js';

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
