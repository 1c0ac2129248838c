/** What had come and nobody had read when a limit, a cancelled send or an illegal frame ended the connection: it is still read first, in order, and then the end. */
import {performance} from 'node:perf_hooks';
import test, {type ExecutionContext} from 'ava';
import {lengthPrefixed} from '../../src/codec/index.js';
import type {CloseReason, CoTcpConnection} from '../../src/index.js';
import {moreThanFits, pattern} from '../support/bytes.js';
import {ownPair, type OwnPair, type PairOptions} from '../support/pairs.js';
import {reasonOf, turns, until, within} from '../support/wait.js';

interface Row {
	readonly options: PairOptions;
	/** Brings the end about, if time alone does not. */
	readonly end?: (connection: CoTcpConnection) => Promise<void> | void;
}

const ignore = (): void => {};
const large = Buffer.alloc(moreThanFits);

const rows: Partial<Record<CloseReason, Row>> = {
	idleTimeout: {options: {idleTimeout: 200}},
	stallTimeout: {
		options: {stallTimeout: 200},
		end(connection) {
			connection.send(large).catch(ignore);
		},
	},
	sendTimeout: {
		options: {sendTimeout: 200},
		end(connection) {
			connection.send(large).catch(ignore);
		},
	},
	maxPendingBytes: {
		options: {maxPendingBytes: 10},
		end(connection) {
			for (let count = 0; count < 3; count++) connection.send(large).catch(ignore);
		},
	},
	cancelled: {
		options: {},
		async end(connection) {
			const controller = new AbortController();
			connection.send(large, {signal: controller.signal}).catch(ignore);
			// Cancelled before its first byte, it would leave no trace.
			await until(() => connection.stats.bytesWritten > 0, 'its first byte');
			controller.abort();
		},
	},
};

/** All that is still read, and what follows it. */
async function rest(connection: CoTcpConnection): Promise<{bytes: Buffer; last: unknown}> {
	const chunks: Buffer[] = [];
	try {
		for (;;) {
			const chunk = await within(connection.read(), 'a read after the end');
			if (chunk === null) return {bytes: Buffer.concat(chunks), last: null};
			chunks.push(chunk);
		}
	} catch (error) {
		return {bytes: Buffer.concat(chunks), last: error};
	}
}

/** `send` has come through to a connection that nobody reads; then it ends. */
async function endUnread(
	t: ExecutionContext,
	reason: CloseReason,
	send: (peer: CoTcpConnection) => Promise<unknown>,
): Promise<OwnPair> {
	const {options, end} = rows[reason] as Row;
	const pair = await ownPair(t, {...options, ofPeer: {}});
	await send(pair.peer);
	await turns(3);
	await end?.(pair.connection);
	const info = await within(pair.connection.closed, 'its end');
	t.is(info.reason, reason);
	return pair;
}

for (const reason of Object.keys(rows) as CloseReason[]) {
	test(`${reason}: what had come is read, then the end`, async t => {
		const {connection} = await endUnread(t, reason, async peer => peer.send('abc'));
		const {error} = await connection.closed;
		const {bytes, last} = await rest(connection);
		t.is(bytes.toString(), 'abc');
		t.is((last as Error).name, (error as Error).name);
		t.is(connection.stats.bytesRead, 3);
	});

	test(`${reason}: the peer's end that had come behind it is an end`, async t => {
		const {connection} = await endUnread(t, reason, async peer => {
			await peer.send('abc');
			await peer.shutdown();
		});
		const {bytes, last} = await rest(connection);
		t.is(bytes.toString(), 'abc');
		t.is(last, null);
	});
}

test('of a peer that sends without end, what had come and no more', async t => {
	let sent = 0;
	const whole = pattern(64 * 1024 * 1024);
	const {connection} = await endUnread(t, 'idleTimeout', async peer => {
		sent = await peer.sendSome(whole);
		peer.send(whole.subarray(sent)).catch(ignore);
	});
	const {bytes, last} = await rest(connection);
	t.true(bytes.length > 0 && bytes.length < whole.length);
	t.true(bytes.equals(whole.subarray(0, bytes.length)));
	t.is((last as Error).name, 'TimeoutError');
});

test('what is in the same batch as the deadline that ends the connection goes to the reader who waits', async t => {
	const {connection, peer} = await ownPair(t, {ofPeer: {}});
	const reading = connection.read();
	const due = performance.now() + 260;
	const sending = reasonOf(connection.send(large, {timeout: 250}));
	await until(() => connection.stats.bytesWritten > 0, 'its first byte');
	while (performance.now() < due);
	// The timer is ready first, then the socket; the loop hears of both at once.
	const answer = peer.send('abc');
	t.is((await within(reading, 'what came'))?.toString(), 'abc');
	await answer;
	t.is(((await sending) as Error).name, 'TimeoutError');
	t.is((await connection.closed).reason, 'cancelled');
	t.is(((await reasonOf(connection.read())) as Error).name, 'TimeoutError');
});

test('behind an illegal frame everything that had come is there for plain reads, from the frame on', async t => {
	const {connection, peer} = await ownPair(t, {ofPeer: {}});
	const framed = connection.framed(lengthPrefixed());
	const legal = Buffer.from([0, 0, 0, 1, 42]);
	const illegal = Buffer.concat([Buffer.alloc(4), pattern(200_000)]);
	const sent = peer.send(Buffer.concat([legal, illegal])).catch(ignore);
	t.deepEqual([...((await framed.read()) ?? [])], [42]);
	await turns(3);
	t.is(((await reasonOf(framed.read())) as Error).name, 'ProtocolError');
	const {bytes, last} = await rest(connection);
	t.true(bytes.length > legal.length && bytes.length <= illegal.length);
	t.true(bytes.equals(illegal.subarray(0, bytes.length)));
	t.is((last as Error).name, 'ProtocolError');
	await sent;
});

test('an illegal frame at the head of all that came with a reset: none of it is left out', async t => {
	const {connection, peer} = await ownPair(t, {ofPeer: {}});
	const framed = connection.framed(lengthPrefixed());
	const legal = Buffer.concat([Buffer.from([0, 4, 0, 0]), Buffer.alloc(256 * 1024)]);
	// The kernel gives a connection that takes much more room: what comes then fills several receives.
	const exchanges = 64;
	for (let count = 0; count < exchanges; count++) {
		const sent = peer.send(legal);
		await framed.read();
		await sent;
	}

	const reading = reasonOf(framed.read());
	const illegal = Buffer.concat([Buffer.alloc(4), pattern(4 * 1024 * 1024)]);
	peer.send(illegal).catch(ignore);
	peer.reset();
	t.is(((await reading) as Error).name, 'ProtocolError');
	const {bytes, last} = await rest(connection);
	t.is(bytes.length, (connection.info()?.bytesReceived ?? NaN) - exchanges * legal.length);
	t.true(bytes.equals(illegal.subarray(0, bytes.length)));
	t.is((last as Error).name, 'ProtocolError');
});
