import {Buffer} from 'node:buffer';
import {performance} from 'node:perf_hooks';
import test from 'ava';
import {BrokenError, ClosedError, type CloseInfo, type CoTcpConnection, type TcpError} from '../../src/index.js';
import {mebibyte, moreThanFits, pattern, sha256} from '../support/bytes.js';
import {checkDescriptors} from '../support/descriptors.js';
import type {NetPeer} from '../support/net-peer.js';
import {ownPair, rawPair} from '../support/pairs.js';
import {nextTurn, reasonOf, turns, until, within} from '../support/wait.js';
import {witnessed} from '../support/witness.js';

checkDescriptors(test);

/** TCP_CLOSE of tcp_states.h: the peer's reset has arrived. */
const tcpClosed = 7;

/** The peer has sent `data` and reset, and the kernel here knows it. */
async function sendAndReset(connection: CoTcpConnection, peer: NetPeer, data: Uint8Array): Promise<void> {
	await peer.send(data);
	await until(() => (connection.info()?.bytesReceived ?? 0) >= data.length, 'the data');
	peer.reset();
	await until(() => connection.info()?.state === tcpClosed, 'the reset');
}

// the peer's reset

test('data and reset, then read: the data, then BrokenError for ever', async t => {
	const {connection, peer} = await rawPair(t);
	const data = pattern(1000);
	await sendAndReset(connection, peer, data);
	t.true((await connection.readExactly(1000)).equals(data));
	for (let time = 0; time < 3; time++) {
		const error = (await reasonOf(connection.read())) as BrokenError;
		t.true(error instanceof BrokenError);
		t.is(error.code, 'ECONNRESET');
		t.is(error.syscall, 'read');
		t.is(error.address, connection.remoteAddress.address);
		t.is(error.port, connection.remoteAddress.port);
	}

	const info = await within(connection.closed, 'the end');
	t.is(info.reason, 'broken');
	t.is(info.bytesRead, 1000);
	t.is((info.error as BrokenError).code, 'ECONNRESET');
});

test('data and reset, then send, then read: the data, then BrokenError, never null', async t => {
	for (let round = 0; round < 10; round++) {
		const {connection, peer} = await rawPair(t);
		const data = pattern(1000, round);
		await sendAndReset(connection, peer, data);
		if (round % 2 === 1) await turns(3);
		const error = (await reasonOf(connection.send('late'))) as BrokenError;
		t.true(error instanceof BrokenError, String(error));
		t.true(['ECONNRESET', 'EPIPE'].includes(error.code));
		t.true((await reasonOf(connection.send('later'))) instanceof BrokenError);
		const chunks: Buffer[] = [];
		const end = await reasonOf(
			(async () => {
				for await (const chunk of connection) chunks.push(chunk);
			})(),
		);
		t.true(Buffer.concat(chunks).equals(data), 'the data');
		t.true(end instanceof BrokenError, String(end));
		t.true((await reasonOf(connection.read())) instanceof BrokenError);
	}
});

test('a small send that only finds the reset later: the next call is told', async t => {
	const {connection, peer} = await rawPair(t);
	await peer.send('x');
	await connection.peek(1);
	peer.reset();
	await until(() => connection.info()?.state === tcpClosed, 'the reset');
	const outcomes: unknown[] = [];
	for (let time = 0; time < 5; time++) {
		outcomes.push(
			await connection.send('y').then(
				() => 'sent',
				(error: unknown) => error,
			),
		);
		await nextTurn();
	}

	t.true(outcomes.at(-1) instanceof BrokenError);
	t.is((await connection.read())?.toString(), 'x');
	t.true((await reasonOf(connection.read())) instanceof BrokenError);
	t.is((await connection.closed).reason, 'broken');
});

test('a reset during reads of every kind', async t => {
	const kinds: Array<(connection: CoTcpConnection) => Promise<unknown>> = [
		async connection => connection.read(),
		async connection => connection.read({timeout: 60_000}),
		async connection => connection.readInto(new Uint8Array(1)),
		async connection => connection.readExactly(10),
		async connection => connection.readLine(),
		async connection => connection.readUntil('x'),
		async connection => connection.readAll(),
		async connection => connection.peek(10),
		async connection => connection.discard(10),
		async connection => connection[Symbol.asyncIterator]().next(),
	];
	for (const start of kinds) {
		const {connection, peer} = await rawPair(t);
		const reading = start(connection);
		peer.reset();
		const error = (await reasonOf(reading)) as BrokenError;
		t.true(error instanceof BrokenError);
		t.is(error.code, 'ECONNRESET');
	}
});

test('half a message and a reset: BrokenError, and the bytes are still read', async t => {
	const {connection, peer} = await rawPair(t);
	const reading = connection.readExactly(10);
	await peer.send('half');
	await until(() => (connection.info()?.bytesReceived ?? 0) >= 4, 'the data');
	peer.reset();
	t.true((await reasonOf(reading)) instanceof BrokenError);
	t.true((await reasonOf(connection.readLine())) instanceof BrokenError);
	t.is((await connection.read())?.toString(), 'half');
	t.true((await reasonOf(connection.read())) instanceof BrokenError);
});

test("a reset after the peer's end: null stays, sends break", async t => {
	const {connection, peer} = await rawPair(t);
	const sending = connection.send(Buffer.alloc(moreThanFits));
	await peer.end();
	t.is(await connection.read(), null);
	peer.reset();
	t.true((await reasonOf(sending)) instanceof BrokenError);
	t.is((await within(connection.closed, 'the end')).reason, 'broken');
});

test('a new error each time, whose cause is the one that ended it', async t => {
	const {connection, peer} = await rawPair(t);
	const reading = connection.read();
	peer.reset();
	await reasonOf(reading);
	const {error} = await connection.closed;
	const read = (await reasonOf(connection.read())) as TcpError;
	const send = (await reasonOf(connection.send('x'))) as TcpError;
	t.not(read, send);
	t.is(read.cause, error);
	t.is(send.cause, error);
	t.is(send.bytesSent, 0);
	t.is(connection.signal.reason instanceof BrokenError, true);
});

// this side's reset

test('reset: the peer sees a reset, and everything that waits gets ClosedError in order', async t => {
	const {connection, testify} = await witnessed(t);
	const order: string[] = [];
	const note = (what: string) => (error: unknown) => {
		t.true(error instanceof ClosedError, what);
		order.push(what);
	};
	connection.signal.addEventListener('abort', () => {
		order.push('signal');
	});
	const closed = connection.closed.then(() => order.push('closed'));
	const waiting = [
		connection.read().catch(note('read')),
		connection.send(Buffer.alloc(moreThanFits)).catch(note('send 1')),
		connection.send('x').catch(note('send 2')),
		connection.sendSome(Buffer.from('x')).catch(note('sendSome')),
		connection.flush().catch(note('flush')),
		connection.shutdown().catch(note('shutdown')),
	];
	connection.reset();
	t.deepEqual(order, []);
	t.false(connection.signal.aborted);
	await Promise.all([...waiting, closed]);
	t.deepEqual(order, ['send 1', 'send 2', 'sendSome', 'flush', 'shutdown', 'read', 'signal', 'closed']);
	t.true(connection.signal.aborted);
	t.true(connection.signal.reason instanceof ClosedError);
	connection.reset();
	t.is((await connection.closed).reason, 'reset');
	t.is((await testify()).ended, 'reset');
});

const readKinds: Readonly<Record<string, (connection: CoTcpConnection) => Promise<unknown>>> = {
	read: connection => connection.read(),
	'read with options': connection => connection.read({timeout: 60_000}),
	readInto: connection => connection.readInto(new Uint8Array(1)),
	readExactly: connection => connection.readExactly(1),
	readLine: connection => connection.readLine(),
	readAll: connection => connection.readAll(),
	peek: connection => connection.peek(1),
	discard: connection => connection.discard(1),
	next: connection => connection[Symbol.asyncIterator]().next(),
};
for (const [name, start] of Object.entries(readKinds)) {
	test(`at the end ${name} rejects after the sends and before signal and closed`, async t => {
		const {connection} = await rawPair(t);
		const order: string[] = [];
		connection.signal.addEventListener('abort', () => {
			order.push('signal');
		});
		const note = (what: string) => () => order.push(what);
		const closed = connection.closed.then(note('closed'));
		// No async function in between: it would need a tick of its own.
		const reading = Reflect.apply(start, undefined, [connection]).catch(note('read'));
		const sending = connection.send(Buffer.alloc(moreThanFits)).catch(note('send'));
		connection.reset();
		await Promise.all([reading, sending, closed]);
		t.deepEqual(order, ['send', 'read', 'signal', 'closed']);
	});
}

test('after a reset nothing that had arrived is read', async t => {
	const {connection, peer} = await rawPair(t);
	await peer.send('abc');
	await connection.peek(3);
	connection.reset();
	t.true((await reasonOf(connection.read())) instanceof ClosedError);
	t.throws(() => connection.tryRead(), {instanceOf: ClosedError});
});

// close

test('close is idempotent and tells what closed tells', async t => {
	const {connection, peer} = await rawPair(t);
	const first = connection.close();
	t.is(connection.state, 'disconnecting');
	const second = connection.close();
	await peer.readAll();
	await peer.end();
	const info = await first;
	t.is(await second, info);
	t.is(await connection.close(), info);
	t.is(await connection.close({timeout: 0}), info);
	t.is(await connection.closed, info);
	t.deepEqual(Object.keys(info).sort(), ['bytesRead', 'bytesWritten', 'durationMs', 'reason']);
	t.is(info.reason, 'closed');
	t.true(info.durationMs > 0);
	t.is(connection.state, 'disconnected');
});

test('close: a waiting read gets ClosedError at once, and so does what is called later', async t => {
	const {connection, peer} = await rawPair(t);
	await peer.send('abc');
	await connection.peek(3);
	const reading = connection.readExactly(4);
	const closed = connection.close();
	t.true((await reasonOf(reading)) instanceof ClosedError);
	t.is(connection.state, 'disconnecting');
	for (const late of [
		connection.read(),
		connection.readExactly(0),
		connection.send('x'),
		connection.sendSome(Buffer.from('x')),
	]) {
		const error = (await reasonOf(late)) as ClosedError;
		t.true(error instanceof ClosedError);
		t.is(error.code, 'ERR_TCP_CLOSED');
	}

	t.throws(() => connection.tryRead(), {instanceOf: ClosedError});
	await peer.end();
	t.is((await closed).reason, 'closed');
	t.is((await peer.readAll()).length, 0);
});

test('close delivers the sends already called, those that wait included', async t => {
	const {connection, peer} = await rawPair(t);
	const big = pattern(moreThanFits);
	const sent = [connection.send(big), connection.send('tail'), connection.flush(), connection.shutdown()];
	// Longer than the default: on a machine with much to do the bytes alone take 10 s.
	const closed = connection.close({timeout: 60_000});
	const got = await peer.readAll();
	t.is(got.length, big.length + 4);
	t.is(sha256(got.subarray(0, big.length)), sha256(big));
	await Promise.all(sent);
	await peer.end();
	const info = await closed;
	t.is(info.reason, 'closed');
	t.is(info.bytesWritten, big.length + 4);
});

test('close reads and drops, so that a peer that writes first comes to reading', async t => {
	const {connection, peer} = await rawPair(t);
	const sent = peer.send(Buffer.alloc(moreThanFits));
	const sending = connection.send(Buffer.alloc(moreThanFits, 1));
	const closed = connection.close({timeout: 60_000});
	await within(sent, 'the peer has written all');
	t.is((await peer.readAll()).length, moreThanFits);
	await sending;
	await peer.end();
	const info = await closed;
	t.is(info.reason, 'closed');
	t.is(info.bytesRead, 0);
});

test('close with timeout 0 ends it at once', async t => {
	const {connection, peer} = await rawPair(t);
	await connection.send('all of it');
	const closed = connection.close({timeout: 0});
	t.is(connection.state, 'disconnected');
	t.is((await closed).reason, 'closed');
	t.is((await peer.readAll()).toString(), 'all of it');
});

test('close with timeout 0 resets if bytes are unsent', async t => {
	const {connection, testify} = await witnessed(t);
	const sending = reasonOf(connection.send(Buffer.alloc(moreThanFits)));
	const info = await connection.close({timeout: 0});
	t.is(info.reason, 'reset');
	const error = (await sending) as ClosedError;
	t.true(error instanceof ClosedError);
	t.is(error.bytesSent, info.bytesWritten);
	t.is((await testify()).ended, 'reset');
});

test('of several deadlines of close the earliest counts', async t => {
	const {connection} = await rawPair(t);
	const begun = performance.now();
	const closed = [
		connection.close({timeout: 60_000}),
		connection.close({timeout: 30}),
		connection.close({timeout: 50_000}),
	];
	const [info] = await Promise.all(closed);
	t.true(performance.now() - begun >= 30);
	t.is(info?.reason, 'closed');
});

test('closeTimeout is the default of close', async t => {
	const {connection} = await rawPair(t, {closeTimeout: 25});
	const begun = performance.now();
	await within(connection.close(), 'the end', 4000);
	t.true(performance.now() - begun >= 25);
});

test('close rejects for bad arguments, and has not begun then', async t => {
	const {connection, peer} = await rawPair(t);
	t.true((await reasonOf(connection.close({timeout: -1}))) instanceof RangeError);
	t.true((await reasonOf(connection.close({timeout: '1' as never}))) instanceof TypeError);
	t.is(connection.state, 'connected');
	await connection.send('x');
	t.is((await peer.readExactly(1)).toString(), 'x');
});

test('close when the peer breaks it meanwhile still resolves', async t => {
	const {connection, peer} = await rawPair(t);
	const sending = reasonOf(connection.send(Buffer.alloc(moreThanFits)));
	const closed = connection.close();
	await peer.readExactly(1000);
	peer.reset();
	const info = await within(closed, 'the end');
	t.is(info.reason, 'broken');
	t.true((await sending) instanceof BrokenError);
	t.true(
		(await reasonOf(connection.send('x'))) instanceof BrokenError ||
			(await reasonOf(connection.send('x'))) instanceof ClosedError,
	);
});

test('reset during close', async t => {
	const {connection} = await rawPair(t);
	const closed = connection.close();
	connection.reset();
	t.is((await within(closed, 'the end')).reason, 'reset');
});

test('await using closes', async t => {
	const {connection, peer} = await rawPair(t);
	const end = peer.readAll().then(async () => peer.end());
	{
		await using mine = connection;
		t.is(mine.state, 'connected');
	}

	t.is(connection.state, 'disconnected');
	t.is((await connection.closed).reason, 'closed');
	await end;
});

test('simultaneous close of both sides', async t => {
	for (let round = 0; round < 20; round++) {
		const {connection, peer} = await ownPair(t);
		const infos: CloseInfo[] = await within(Promise.all([connection.close(), peer.close()]), 'both ends');
		t.deepEqual(
			infos.map(({reason}) => reason),
			['closed', 'closed'],
		);
	}
});

test('20 small sends and a close in one turn arrive', async t => {
	const {connection, peer} = await ownPair(t);
	for (let index = 0; index < 20; index++) void connection.send(`${index};`);
	void connection.close();
	t.is((await peer.readAll()).toString(), Array.from({length: 20}, (_, index) => `${index};`).join(''));
});

// shutdown and the end by itself

test("shutdown and the peer's end, read, end the connection", async t => {
	const {connection, peer} = await rawPair(t);
	await connection.shutdown();
	await peer.end();
	t.is(await connection.read(), null);
	const info = await within(connection.closed, 'the end');
	t.is(info.reason, 'closed');
	t.is(connection.state, 'disconnected');
	t.is(await connection.read(), null);
	t.is(connection.tryRead(), null);
	t.true((await reasonOf(connection.send('x'))) instanceof ClosedError);
	await connection.shutdown();
	t.is((await connection.close()).reason, 'closed');
	t.true(connection.signal.aborted);
});

test("the peer's end, read, and then shutdown end the connection", async t => {
	const {connection, peer} = await rawPair(t);
	await peer.end();
	t.is(await connection.read(), null);
	t.is(connection.state, 'connected');
	t.false(connection.signal.aborted);
	await connection.shutdown();
	t.is((await within(connection.closed, 'the end')).reason, 'closed');
	t.is((await peer.readAll()).length, 0);
});

test("as long as the peer's last bytes are unread, the connection stays", async t => {
	const {connection, peer} = await rawPair(t);
	await connection.shutdown();
	await peer.send('last');
	await peer.end();
	await connection.peek(4);
	await turns(5);
	t.is(connection.state, 'disconnecting');
	t.is((await connection.readExactly(4)).toString(), 'last');
	t.is(await connection.read(), null);
	t.is((await within(connection.closed, 'the end')).reason, 'closed');
});

test('after close, reads reject even though the end had been read', async t => {
	const {connection, peer} = await rawPair(t);
	await peer.end();
	t.is(await connection.read(), null);
	await connection.close();
	t.true((await reasonOf(connection.read())) instanceof ClosedError);
});

test('1 MiB each way after half-closes in both orders, at once', async t => {
	const all = pattern(mebibyte);
	const {connection, peer} = await ownPair(t);
	const toUs = peer.send(all).then(async () => peer.shutdown());
	const toThem = connection.send(all).then(async () => connection.shutdown());
	const [ours, theirs] = await Promise.all([connection.readAll(), peer.readAll(), toUs, toThem]);
	t.is(sha256(ours), sha256(all));
	t.is(sha256(theirs), sha256(all));
	t.deepEqual(
		(await Promise.all([connection.closed, peer.closed])).map(({reason}) => reason),
		['closed', 'closed'],
	);
});

test('states in turn', async t => {
	const {connection, peer} = await rawPair(t);
	t.is(connection.state, 'connected');
	const sending = connection.send(Buffer.alloc(moreThanFits));
	const shut = connection.shutdown();
	t.is(connection.state, 'disconnecting');
	peer.receive();
	await Promise.all([sending, shut]);
	t.is(connection.state, 'disconnecting');
	connection.reset();
	t.is(connection.state, 'disconnected');
});

test('every call that waits settles once, however many ends come together', async t => {
	for (let round = 0; round < 10; round++) {
		const {connection, peer} = await rawPair(t);
		let settled = 0;
		const count = (): void => {
			settled++;
		};
		const calls = [
			connection.readExactly(10, {timeout: 1000}),
			connection.send(Buffer.alloc(moreThanFits)),
			connection.send('x', {timeout: 1000}),
			connection.flush(),
			connection.shutdown(),
		];
		for (const call of calls) call.then(count, count);
		peer.reset();
		await until(() => connection.info()?.state === tcpClosed, 'the reset');
		void connection.close();
		connection.reset();
		await connection.closed;
		t.is(settled, calls.length);
	}
});

test('no listener runs inside the call that ends the connection', async t => {
	for (const end of ['reset', 'close'] as const) {
		const {connection} = await rawPair(t);
		let isInside = false;
		let wasInside: boolean | undefined;
		connection.signal.addEventListener('abort', () => {
			wasInside = isInside;
		});
		isInside = true;
		if (end === 'reset') connection.reset();
		else void connection.close({timeout: 0});
		isInside = false;
		t.is(wasInside, undefined);
		await connection.closed;
		t.is(wasInside, false);
	}
});

test('what a listener of signal throws hurts nobody', async t => {
	const {connection, peer} = await rawPair(t);
	const other = await rawPair(t);
	const uncaught: unknown[] = [];
	const listeners = process.listeners('uncaughtException');
	process.removeAllListeners('uncaughtException');
	process.once('uncaughtException', error => uncaught.push(error));
	connection.signal.addEventListener('abort', () => {
		throw new Error('listener');
	});
	const reading = reasonOf(connection.read());
	peer.reset();
	t.true((await reading) instanceof BrokenError);
	t.is((await connection.closed).reason, 'broken');
	await turns(2);
	for (const listener of listeners) process.on('uncaughtException', listener);
	t.is((uncaught[0] as Error).message, 'listener');
	await other.connection.send('x');
	t.is((await other.peer.readExactly(1)).toString(), 'x');
});

test("signal does not abort at the peer's end", async t => {
	const {connection, peer} = await rawPair(t);
	const {signal} = connection;
	await peer.end();
	t.is(await connection.read(), null);
	await turns(3);
	t.false(signal.aborted);
	t.is(connection.signal, signal);
});

test('signal and closed asked for after the end', async t => {
	const {connection} = await rawPair(t);
	connection.reset();
	t.is((await connection.closed).reason, 'reset');
	t.true(connection.signal.aborted);
	t.true(connection.signal.reason instanceof ClosedError);
});

test('a break is noticed with nobody reading or sending', async t => {
	const {connection, peer} = await rawPair(t);
	const closed = within(connection.closed, 'the end');
	peer.reset();
	t.is((await closed).reason, 'broken');
	t.true(connection.signal.aborted);
});
