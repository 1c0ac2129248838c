import {Buffer} from 'node:buffer';
import test from 'ava';
import type {ConnectionHandler, CoTcpConnection} from '../../src/index.js';
import {isSanitized, isSoak} from '../support/scale.js';
import {dial, dialing, dialMany, openDescriptors, serve, until, type Peer} from '../support/server-peers.js';

const rounds = isSoak ? 100_000 : isSanitized ? 1000 : 2000;

/** What a peer may get: nothing else than its own greeting, or the beginning of it. */
function isOwn(peer: Peer, port: number): boolean {
	return greeting(port).startsWith(peer.bytes.toString());
}

function greeting(port: number): string {
	return `greetings to the peer at port ${port}`;
}

interface Churn {
	/** Connections at once: 1 makes batches of one, in which sends are written at once. */
	readonly width: number;
	readonly handler: ConnectionHandler;
	/** Peers must get all of it, if it is not reset. */
	readonly isComplete: boolean;
}

const keepsApart = test.macro(async (t, {width, handler, isComplete}: Churn) => {
	const server = await serve(t, handler);
	const ids = new Set<bigint>();
	let foreign = 0;
	let incomplete = 0;
	for (let round = 0; round < rounds; round += width) {
		// They connect in one go; what the server sends the last ones may be posted while the first are closed.
		const peers = Array.from({length: width}, () => dialing(server.address));
		for (const {id} of server.connections) ids.add(id);
		for (const peer of peers) peer.send('hello');
		await Promise.all(
			peers.map(async peer => {
				await peer.connected;
				const {localPort: port} = peer.socket;
				await peer.ended;
				if (port === undefined) return; // reset before it was connected here: it got nothing
				if (!isOwn(peer, port)) foreign++;
				if (peer.bytes.toString() !== greeting(port)) incomplete++;
			}),
		);
	}

	t.is(foreign, 0);
	if (isComplete) t.is(incomplete, 0);
	await until('all have ended', () => server.stats.open === 0);
	t.is(server.stats.accepted, rounds);
});

function greet(connection: CoTcpConnection): void {
	connection.send(Buffer.from(greeting(connection.remoteAddress.port))).catch(() => {});
}

const sendAndClose: ConnectionHandler = connection => {
	greet(connection);
	void connection.close();
};
const sendAndCloseAfterInput: ConnectionHandler = async connection => {
	await connection.read();
	greet(connection);
	void connection.close({timeout: 0});
};
const sendAndReset: ConnectionHandler = async connection => {
	await connection.read();
	greet(connection);
	connection.reset();
};
/** From a turn of Node's own loop, where no batch is under way. */
const sendAndCloseElsewhere: ConnectionHandler = async connection => {
	await new Promise(resolve => {
		setImmediate(resolve);
	});
	greet(connection);
	void connection.close();
};
/** Only half of them send: the silent ones must get nothing at all. */
let turn = 0;
const sendToHalf: ConnectionHandler = async connection => {
	if (turn++ % 2 === 0) greet(connection);
	connection.reset();
};

test('send and close, one peer after the other: no byte reaches the next', keepsApart, {
	width: 1,
	handler: sendAndClose,
	isComplete: true,
});
test('send and close in a batch: no byte reaches another peer', keepsApart, {
	width: 50,
	handler: sendAndClose,
	isComplete: true,
});
test('send and close at once in a batch: no byte reaches another peer', keepsApart, {
	width: 50,
	handler: sendAndCloseAfterInput,
	isComplete: true,
});
test('send and close outside of a batch: no byte reaches another peer', keepsApart, {
	width: 20,
	handler: sendAndCloseElsewhere,
	isComplete: true,
});
test('send and reset, one peer after the other: no byte reaches the next', keepsApart, {
	width: 1,
	handler: sendAndReset,
	isComplete: false,
});
test('send and reset in a batch: no byte reaches another peer', keepsApart, {
	width: 50,
	handler: sendAndReset,
	isComplete: false,
});
test('sends to half of the peers do not reach the other half', keepsApart, {
	width: 50,
	handler: sendToHalf,
	isComplete: false,
});

/** Accepted in the very batch in which the one before was closed, so that its slot could be given again at once. */
const keepsApartInOneBatch = test.macro(async (t, end: (connection: CoTcpConnection) => void) => {
	const width = 50;
	const server = await serve(t);
	const control = await serve(t);
	const ringers = await dialMany(2, control.address);
	const bells = [await control.accept(), await control.accept()];
	for (let round = 0; round < rounds / 2; round += width) {
		const peers = await dialMany(width, server.address);
		const ports = peers.map(({socket}) => socket.localPort ?? 0);
		const rung = bells.map(bell => bell?.read());
		for (const ringer of ringers) ringer.send('ring');
		await rung[0]; // a batch of two is under way: small sends are posted
		for (let number = 0; number < width; number++) {
			const connection = (await server.accept({timeout: 0})) as CoTcpConnection;
			if (number % 3 !== 2) greet(connection);
			end(connection);
		}

		await rung[1];
		// Who is accepted when is the kernel's affair: a peer gets its own greeting or nothing, and a third gets nothing.
		let silent = 0;
		for (const [number, peer] of peers.entries()) {
			await peer.ended;
			const port = ports[number] ?? 0;
			t.true(isOwn(peer, port), `the peer at port ${port} got: ${peer.bytes.toString()}`);
			if (peer.length === 0) silent++;
		}

		t.true(silent >= Math.floor(width / 3), `${silent} of ${width} got nothing`);
	}
});
test('send and close, then accept in the same batch: no byte reaches the next', keepsApartInOneBatch, connection => {
	void connection.close({timeout: 0});
});
test('send and reset, then accept in the same batch: no byte reaches the next', keepsApartInOneBatch, connection => {
	connection.reset();
});

test('ids are never used twice, although slots are', async t => {
	const ids: bigint[] = [];
	const server = await serve(t, connection => {
		ids.push(connection.id);
		connection.reset();
	});
	for (let round = 0; round < 500; round++) await dialing(server.address).ended;
	t.is(new Set(ids).size, 500);
});

test.serial('2,000 peers that reset in the backlog each end once, and leave nothing behind', async t => {
	const count = 2000;
	const before = openDescriptors();
	const server = await serve(t);
	let ended = 0;
	for (let round = 0; round < count; round += 200) {
		const peers: Peer[] = [];
		for (let number = 0; number < 200; number++) peers.push(await dial(server.address));
		for (const peer of peers) {
			if (ended % 2 === 0) peer.send('a last word');
			peer.reset();
		}

		// Linux keeps those that have been reset in the backlog: they are still accepted.
		for (let number = 0; number < 200; number++) {
			const connection = (await server.accept()) as CoTcpConnection;
			void connection.closed.then(() => {
				ended++;
			});
			if (number % 3 === 0) await t.throwsAsync(connection.readAll(), {code: 'ECONNRESET'});
			else connection.close().catch(t.fail);
		}
	}

	await until('all have ended', () => ended === count);
	t.is(server.stats.open, 0);
	t.is(
		Object.values(server.stats.ended).reduce((sum, number) => sum + number),
		count,
	);
	await server.close();
	await until('all descriptors are closed', () => openDescriptors() <= before);
});

test('2,000 peers that reset in the backlog of a server with a handler do it no harm', async t => {
	const server = await serve(t, async connection => {
		for await (const chunk of connection) await connection.send(chunk);
	});
	for (let round = 0; round < 2000; round += 200) {
		const peers = Array.from({length: 200}, () => dialing(server.address));
		// Before the server gets to run.
		for (const peer of peers) peer.reset();
		await Promise.all(peers.map(peer => peer.ended));
	}

	const peer = await dial(server.address);
	peer.send('alive');
	t.is((await peer.received(5)).toString(), 'alive');
	peer.end();
	await until('all have ended', () => server.stats.open === 0);
	t.is(server.stats.handlerErrors, 0);
});
