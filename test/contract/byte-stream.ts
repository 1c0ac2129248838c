/**
 * What every byte stream must keep, whatever carries it and whoever is on the other side. Each check gets fresh ends and knows
 * of the peer only that it sends, receives, ends and breaks.
 */
import {Buffer} from 'node:buffer';
import type {ExecutionContext} from 'ava';
import {
	BrokenError,
	BusyError,
	ClosedError,
	LimitError,
	TimeoutError,
	UnexpectedEndError,
	type CoTcpConnection,
} from '../../src/index.js';
import {mebibyte, moreThanFits, pattern, sha256} from '../support/bytes.js';
import {reasonOf, within} from '../support/wait.js';

/** The other side. */
export interface Peer {
	send(bytes: Uint8Array): Promise<void>;
	/** The next `count` bytes. */
	receive(count: number): Promise<Buffer>;
	/** Everything to this connection's FIN; rejects if it breaks. */
	receiveAll(): Promise<Buffer>;
	/** FIN; receiving goes on. */
	end(): Promise<void>;
	/** As unkindly as the transport allows: RST over TCP. */
	breakOff(): void;
}

export interface Ends {
	readonly connection: CoTcpConnection;
	readonly peer: Peer;
	/** false: a break may look like an end. */
	readonly knowsReset: boolean;
}

export type Check = (t: ExecutionContext, ends: Ends) => Promise<void>;

const megabyte = pattern(mebibyte, 1);

export const checks: Readonly<Record<string, Check>> = {
	'bytes arrive as they were sent, both ways at once': async (t, {connection, peer}) => {
		const theirs = pattern(3 * mebibyte, 2);
		const [received, got] = await Promise.all([
			connection.readExactly(theirs.length),
			peer.receive(megabyte.length),
			connection.send(megabyte),
			peer.send(theirs),
		]);
		t.is(sha256(received), sha256(theirs));
		t.is(sha256(got), sha256(megabyte));
	},

	'small messages keep their order': async (t, {connection, peer}) => {
		const messages = Array.from({length: 500}, (_, index) => `message ${index}\n`);
		const sent = Promise.all(messages.map(async message => connection.send(message)));
		const whole = messages.join('');
		t.is((await peer.receive(Buffer.byteLength(whole))).toString(), whole);
		await sent;
	},

	'the end is null, for ever': async (t, {connection, peer}) => {
		await peer.send(Buffer.from('last words'));
		await peer.end();
		t.is((await connection.readExactly(10)).toString(), 'last words');
		for (let time = 0; time < 3; time++) {
			t.is(await connection.read(), null);
			t.is(connection.tryRead(), null);
			t.is(await connection.readInto(new Uint8Array(1)), null);
			t.is(await connection.peek(1), null);
			t.is(await connection.readLine(), null);
			t.is(await connection.readUntil('x'), null);
			t.is((await connection.readAll()).length, 0);
			t.deepEqual(await connection[Symbol.asyncIterator]().next(), {value: undefined, done: true});
		}
	},

	'half a message at the end is an error, and its bytes stay': async (t, {connection, peer}) => {
		await peer.send(Buffer.from('half'));
		await peer.end();
		const reads = [
			async () => connection.readExactly(5),
			async () => connection.readLine(),
			async () => connection.readUntil('x'),
			async () => connection.peek(5),
		];
		for (const read of reads) {
			const error = (await reasonOf(read)) as UnexpectedEndError;
			t.true(error instanceof UnexpectedEndError);
			t.is(error.code, 'ERR_TCP_UNEXPECTED_END');
			t.is(error.partial.toString(), 'half');
		}

		t.is((await connection.readAll()).toString(), 'half');
	},

	'1 MiB goes out after the peer has ended its half': async (t, {connection, peer}) => {
		await peer.end();
		t.is(await connection.read(), null);
		t.is(connection.state, 'connected');
		const [got] = await Promise.all([
			peer.receiveAll(),
			(async () => {
				await connection.send(megabyte);
				await connection.shutdown();
			})(),
		]);
		t.is(sha256(got), sha256(megabyte));
		t.is((await within(connection.closed, 'the end')).reason, 'closed');
	},

	'1 MiB comes in after we have ended our half': async (t, {connection, peer}) => {
		await connection.shutdown();
		t.is(connection.state, 'disconnecting');
		t.is((await peer.receiveAll()).length, 0);
		const error = (await reasonOf(connection.send('late'))) as ClosedError;
		t.true(error instanceof ClosedError);
		const sent = peer.send(megabyte);
		t.is(sha256(await connection.readExactly(megabyte.length)), sha256(megabyte));
		await sent;
		await peer.end();
		t.is(await connection.read(), null);
		const info = await within(connection.closed, 'the end');
		t.is(info.reason, 'closed');
		t.is(info.error, undefined);
		t.is(info.bytesRead, megabyte.length);
		t.is(await connection.read(), null);
	},

	'close delivers what has been sent and waits for the peer': async (t, {connection, peer}) => {
		const sent = connection.send(megabyte);
		const closed = connection.close();
		t.is(sha256(await peer.receiveAll()), sha256(megabyte));
		await sent;
		await peer.end();
		const info = await within(closed, 'the end');
		t.is(info.reason, 'closed');
		t.is(info.bytesWritten, megabyte.length);
		t.is(await connection.closed, info);
		t.is(connection.state, 'disconnected');
	},

	'a break ends a waiting read once, and later ones at once': async (t, {connection, peer, knowsReset}) => {
		const reading = connection.read();
		peer.breakOff();
		if (!knowsReset) {
			t.is(await within(reading, 'the end'), null);
			return;
		}

		const error = (await reasonOf(reading)) as BrokenError;
		t.true(error instanceof BrokenError);
		t.is(error.code, 'ECONNRESET');
		const again = (await reasonOf(connection.read())) as BrokenError;
		t.true(again instanceof BrokenError);
		t.is(again.code, 'ECONNRESET');
		t.not(again, error);
		const info = await within(connection.closed, 'the end');
		t.is(info.reason, 'broken');
		t.is(again.cause, info.error);
	},

	'a break ends a waiting send': async (t, {connection, peer}) => {
		const sending = connection.send(Buffer.alloc(moreThanFits));
		const second = connection.send('second');
		await peer.receive(1000);
		peer.breakOff();
		const error = (await reasonOf(sending)) as BrokenError;
		t.true(error instanceof BrokenError, String(error));
		t.true(['ECONNRESET', 'EPIPE'].includes(error.code), error.code);
		t.true(error.bytesSent >= 1000 && error.bytesSent < moreThanFits, String(error.bytesSent));
		const behind = (await reasonOf(second)) as BrokenError;
		t.true(behind instanceof BrokenError);
		t.is(behind.bytesSent, 0);
	},

	'a reset ends everything that waits with ClosedError': async (t, {connection, peer}) => {
		const reading = connection.readExactly(10);
		const sending = connection.send(Buffer.alloc(moreThanFits));
		connection.reset();
		t.is(connection.state, 'disconnected');
		for (const promise of [reading, sending, connection.read(), connection.send('x')])
			t.true((await reasonOf(promise)) instanceof ClosedError);
		await peer.receiveAll().then(
			all => t.true(all.length < moreThanFits),
			() => t.pass(),
		);
		t.is((await connection.closed).reason, 'reset');
	},

	'one reads at a time, and the first goes on': async (t, {connection, peer}) => {
		const first = connection.readLine();
		t.true((await reasonOf(connection.read())) instanceof BusyError);
		t.true((await reasonOf(connection.readExactly(0))) instanceof BusyError);
		t.true((await reasonOf(() => connection.tryRead())) instanceof BusyError);
		await peer.send(Buffer.from('a line\n'));
		t.is(await first, 'a line');
	},

	'a read that gives up loses no byte': async (t, {connection, peer}) => {
		await peer.send(Buffer.from('abc'));
		t.is((await connection.peek(3))?.toString(), 'abc');
		t.true((await reasonOf(connection.readExactly(4, {timeout: 5}))) instanceof TimeoutError);
		const reason = {why: 'enough'};
		const controller = new AbortController();
		const line = connection.readLine({signal: controller.signal});
		controller.abort(reason);
		t.is(await reasonOf(line), reason);
		await peer.send(Buffer.from('def\n'));
		t.is(await connection.readLine(), 'abcdef');
	},

	'a limit leaves the bytes where they are': async (t, {connection, peer}) => {
		await peer.send(Buffer.from('0123456789'));
		await connection.peek(10);
		const error = (await reasonOf(connection.readLine({limit: 5}))) as LimitError;
		t.true(error instanceof LimitError);
		t.is(error.limit, 5);
		t.is(error.actual, 10);
		t.is((await connection.readExactly(10)).toString(), '0123456789');
	},

	'two senders are never mixed': async (t, {connection, peer}) => {
		const size = 300_000;
		const rounds = 5;
		const loop = async (letter: string): Promise<void> => {
			for (let round = 0; round < rounds; round++) await connection.send(Buffer.alloc(size, letter));
		};
		const sent = Promise.all([loop('a'), loop('b')]);
		for (let message = 0; message < 2 * rounds; message++) {
			const bytes = await peer.receive(size);
			t.true(bytes.equals(Buffer.alloc(size, bytes.subarray(0, 1))), `message ${message} is mixed`);
		}

		await sent;
	},
};
