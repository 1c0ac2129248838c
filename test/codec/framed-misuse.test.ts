/** What codecs of one's own get wrong, or do at the wrong moment. */
import {Buffer} from 'node:buffer';
import process from 'node:process';
import test from 'ava';
import {
	BrokenError,
	ClosedError,
	ProtocolError,
	sleep,
	UnexpectedEndError,
	type CoTcpConnection,
} from '../../src/index.js';
import type {Codec} from '../../src/codec/index.js';
import {moreThanFits} from '../support/bytes.js';
import {ownPair, rawPair} from '../support/pairs.js';
import {reasonOf, turns, until, within} from '../support/wait.js';
import {bytesOf, gate, prefixed} from './framed-support.js';

test('the time that a decoder takes once all of its frame is there is not the time of the frame', async t => {
	const frameTimeout = 1500;
	const {connection, peer} = await rawPair(t, {frameTimeout});
	const framed = connection.framed<string, string>({
		...prefixed,
		decode(buffer) {
			const frame = prefixed.decode(buffer) as string | undefined;
			if (frame === undefined) return undefined;
			return new Promise(resolve => {
				setTimeout(resolve, 2 * frameTimeout, frame);
			});
		},
	});
	const reading = framed.read();
	await peer.send(bytesOf('slow').subarray(0, 3));
	// Found incomplete: its time runs.
	await turns(5);
	await peer.send(bytesOf('slow').subarray(3));
	t.is(await reading, 'slow');
	t.is(connection.state, 'connected');
});

test('the time of a frame that the peer has cut off is over: who was told so may still answer', async t => {
	// So long that the peer's end comes before it also on a machine with much to do.
	const frameTimeout = 1000;
	const {connection, peer} = await ownPair(t, {frameTimeout, ofPeer: {}});
	const reading = reasonOf(connection.framed(prefixed).read());
	await peer.send(bytesOf('half').subarray(0, 3));
	// Found incomplete: its time runs.
	await turns(5);
	await peer.shutdown();
	t.true((await reading) instanceof UnexpectedEndError);
	await sleep(2 * frameTimeout);
	t.is(connection.state, 'connected');
	await connection.send('what was that?');
	t.is((await connection.close()).reason, 'closed');
});

/** The first frame's promise rejects; what happens to the second one sees to it that nobody waits for it. ava fails a file with an unhandled rejection. */
const droppedRows: Record<string, (connection: CoTcpConnection, controller: AbortController) => void> = {
	'another frame of the message is refused'() {
		throw new RangeError('refused');
	},
	'the encoder resets its connection'(connection) {
		connection.reset();
	},
	'the encoder aborts its own send'(_connection, controller) {
		controller.abort(new RangeError('aborted'));
	},
};

for (const [what, act] of Object.entries(droppedRows)) {
	test(`a promise of an encoder that nobody waits for is no unhandledRejection: ${what}`, async t => {
		const {connection} = await ownPair(t);
		const controller = new AbortController();
		const framed = connection.framed<string, string>({
			...prefixed,
			encode(frame) {
				if (frame === 'first') return Promise.reject(new Error('nobody waits for this'));
				act(connection, controller);
				return frame;
			},
		});
		const reason = await reasonOf(framed.sendAll(['first', 'second'], {signal: controller.signal}));
		t.true(reason instanceof RangeError || reason instanceof ClosedError, String(reason));
		await turns(5);
	});
}

test('a promise of an encoder is no unhandledRejection if another frame cannot be asked whether it is one', async t => {
	const {connection} = await ownPair(t);
	const framed = connection.framed<string, string>({
		...prefixed,
		encode: frame =>
			frame === 'first'
				? (Object.defineProperty({}, 'then', {get: throwAsked}) as Promise<string>)
				: Promise.reject(new Error('nobody waits for this')),
	});
	t.is(((await reasonOf(framed.sendAll(['first', 'second']))) as Error).message, 'asked');
	await turns(5);
});

function throwAsked(): never {
	throw new Error('asked');
}

test('a frame that turns out to be illegal while its connection closes does not cut off what was sent', async t => {
	const {connection, peer} = await ownPair(t);
	const {opened, open} = gate();
	const framed = connection.framed<string, string>({
		...prefixed,
		decode(buffer) {
			const frame = prefixed.decode(buffer) as string | undefined;
			return frame === undefined ? undefined : opened.then(() => Promise.reject(new Error(frame)));
		},
	});
	const reading = reasonOf(framed.read());
	await peer.send(bytesOf('illegal'));
	await until(() => connection.stats.bytesRead > 0, 'the decoder');
	const sending = connection.send(Buffer.alloc(moreThanFits));
	const closing = connection.close({timeout: 60_000});
	t.true((await reading) instanceof ClosedError);
	open();
	await turns(5);
	let received = 0;
	for await (const chunk of peer) received += chunk.length;
	t.is(received, moreThanFits);
	await sending;
	await peer.close();
	t.is((await within(closing, 'the end')).reason, 'closed');
});

test('a frame that cannot be asked whether it is a promise is a mistake of the codec, and ends the connection', async t => {
	const error = new Error('from a getter');
	const {connection, peer} = await ownPair(t);
	const framed = connection.framed<object, string>({
		...prefixed,
		decode(buffer) {
			buffer.retrieveAll();
			return {
				get then() {
					throw error;
				},
			};
		},
	});
	await peer.send('x');
	t.is(await reasonOf(framed.read()), error);
	const {reason, error: told} = await connection.closed;
	t.is(reason, 'error');
	t.is(told, error);
	t.true((await reasonOf(peer.read())) instanceof BrokenError);
});

test('an async decode that rejects before it has taken a byte is a mistake of the codec, and no unhandled rejection', async t => {
	const unhandled: unknown[] = [];
	const note = (reason: unknown): void => {
		unhandled.push(reason);
	};
	process.on('unhandledRejection', note);
	t.teardown(() => {
		process.off('unhandledRejection', note);
	});
	const {connection, peer} = await ownPair(t);
	const framed = connection.framed<string, string>({
		...prefixed,
		decode: async buffer => Promise.reject(new ProtocolError(`${buffer.readableBytes} bytes that are no header`)),
	});
	await peer.send('x');
	const told = await reasonOf(framed.read());
	t.true(told instanceof TypeError);
	t.like(told, {code: 'ERR_INVALID_ARG_TYPE'});
	t.is((await connection.closed).reason, 'error');
	await turns(3);
	t.deepEqual(unhandled, []);
});

test('parts of a message that change while they are gathered are sent as they are in the end, none cut off', async t => {
	const long = 'y'.repeat(4 * 1024 * 1024);
	let asked = 0;
	const changing: Codec<string> = {
		...prefixed,
		encode() {
			const parts = ['x'];
			Object.defineProperty(parts, 0, {get: () => (asked++ === 0 ? 'x' : long)});
			return parts;
		},
	};
	const {connection, peer} = await ownPair(t, {madeBy: 'accept'});
	const framed = connection.framed(changing);
	const answering = (async () => {
		// While more input waits, small sends are gathered.
		await framed.read();
		await framed.send('any');
		await connection.shutdown();
	})();
	await peer.send(bytesOf('one', 'two'));
	t.is((await peer.readAll()).length, long.length);
	t.true(asked > 1);
	await answering;
});
