import {Buffer} from 'node:buffer';
import {inspect} from 'node:util';
import test from 'ava';
import {
	BrokenError,
	BusyError,
	ClosedError,
	LimitError,
	ProtocolError,
	TimeoutError,
	UnexpectedEndError,
	sleep,
	type CoTcpConnection,
} from '../../src/index.js';
import type {Codec} from '../../src/codec/index.js';
import {ownPair, rawPair} from '../support/pairs.js';
import {nextTurn, reasonOf, turns, until, within} from '../support/wait.js';
import {bytesOf, gate, prefixed} from './framed-support.js';

const illegal = Buffer.from([255, 255]);

test('frames come one by one, however the bytes are split, and null at the end', async t => {
	const {connection, peer} = await rawPair(t);
	const framed = connection.framed(prefixed);
	t.is(framed.connection, connection);
	void (async () => {
		for (const byte of bytesOf('one', '', 'three')) {
			await peer.send(Buffer.of(byte));
			await nextTurn();
		}

		await peer.send(bytesOf('four', 'five'));
		await peer.end();
	})();
	const frames: string[] = [];
	for await (const frame of framed) frames.push(frame);
	t.deepEqual(frames, ['one', '', 'three', 'four', 'five']);
	t.is(await framed.read(), null);
	t.is(connection.stats.bytesRead, bytesOf(...frames).length);
});

test('plain reads and another codec may come in between frames', async t => {
	const {connection, peer} = await rawPair(t);
	const bytes: Codec<number> = {decode: buffer => buffer.readUInt8(), encode: frame => Uint8Array.of(frame)};
	await peer.send(Buffer.concat([bytesOf('a'), Buffer.from('plain\n'), Buffer.of(7), bytesOf('b'), bytesOf('c')]));
	t.is(await connection.framed(prefixed).read(), 'a');
	t.is(await connection.readLine(), 'plain');
	t.is(await connection.framed(bytes).read(), 7);
	const framed = connection.framed(prefixed);
	for await (const frame of framed) {
		t.is(frame, 'b');
		break;
	}

	t.is(await framed.read(), 'c');
	t.is(connection.state, 'connected');
});

test('the end inside a frame is an UnexpectedEndError with what had come, whose bytes stay', async t => {
	const {connection, peer} = await rawPair(t);
	const framed = connection.framed(prefixed);
	await peer.send(bytesOf('half').subarray(0, 4));
	await peer.end();
	for (let times = 0; times < 2; times++) {
		const error = (await reasonOf(framed.read())) as UnexpectedEndError;
		t.true(error instanceof UnexpectedEndError);
		t.deepEqual(error.partial, bytesOf('half').subarray(0, 4));
	}

	t.is((await connection.readExactly(4)).length, 4);
	t.is(await framed.read(), null);
});

test('a cancelled read loses no byte, and a second reader is refused', async t => {
	const {connection, peer} = await rawPair(t);
	const framed = connection.framed(prefixed);
	t.is(await reasonOf(framed.read({signal: AbortSignal.abort('before')})), 'before');
	t.true((await reasonOf(framed.read({timeout: 0}))) instanceof TimeoutError);
	await peer.send(bytesOf('frame').subarray(0, 3));
	const aborter = new AbortController();
	const reading = framed.read({signal: aborter.signal});
	t.true((await reasonOf(framed.read())) instanceof BusyError);
	t.true((await reasonOf(connection.read())) instanceof BusyError);
	await until(() => connection.info()?.bytesReceived === 3, 'half a frame');
	await turns(3);
	aborter.abort('during');
	t.is(await reasonOf(reading), 'during');
	t.true((await reasonOf(framed.read({timeout: 5}))) instanceof TimeoutError);
	await peer.send(bytesOf('frame').subarray(3));
	t.is(await framed.read({timeout: 20_000}), 'frame');
});

for (const {name, codec, wrong} of [
	{name: 'nothing', codec: undefined, wrong: '"codec"'},
	{name: 'null', codec: null, wrong: '"codec"'},
	{name: 'a string', codec: 'lines', wrong: '"codec"'},
	{name: 'no encode', codec: {decode: () => undefined}, wrong: '"codec.encode"'},
	{name: 'no decode', codec: {decode: 5, encode: () => ''}, wrong: '"codec.decode"'},
]) {
	test(`framed refuses ${name}`, async t => {
		const {connection} = await rawPair(t);
		const error = t.throws(() => connection.framed(codec as unknown as Codec<string>), {instanceOf: TypeError});
		t.true(error.message.includes(wrong), error.message);
	});
}

test('an illegal frame resets the connection, with the peer in the very error, and the codec is not asked again', async t => {
	const {connection, peer} = await ownPair(t);
	let calls = 0;
	const framed = connection.framed<string, string>({
		...prefixed,
		decode(buffer) {
			calls++;
			return prefixed.decode(buffer);
		},
	});
	const reading = framed.read();
	await peer.send(Buffer.concat([illegal, bytesOf('behind')]));
	const error = (await reasonOf(reading)) as ProtocolError;
	t.true(error instanceof ProtocolError);
	t.is(error.address, connection.remoteAddress.address);
	t.is(error.port, connection.remoteAddress.port);
	const info = await connection.closed;
	t.is(info.reason, 'protocol');
	t.is(info.error, error);
	t.is(calls, 1);
	const later = (await reasonOf(framed.read())) as ProtocolError;
	t.true(later instanceof ProtocolError);
	t.not(later, error);
	t.is(later.cause, error);
	t.true((await reasonOf(connection.framed(prefixed).read())) instanceof ProtocolError);
	t.true((await reasonOf(framed.send('x'))) instanceof ProtocolError);
	t.is(calls, 1);
	t.true((await reasonOf(peer.read())) instanceof BrokenError);
});

test('a frame over a limit is the reason protocol, and an error of another connection is copied', async t => {
	const shared = new LimitError('Too long', {limit: 1, actual: 2});
	const codec: Codec<string> = {
		...prefixed,
		decode() {
			throw shared;
		},
	};
	for (const isFirst of [true, false]) {
		const {connection, peer} = await ownPair(t);
		await peer.send('x');
		const error = (await reasonOf(connection.framed(codec).read())) as LimitError;
		t.is(error === shared, isFirst);
		t.true(error instanceof LimitError);
		t.is(error.limit, 1);
		t.is(error.port, connection.remoteAddress.port);
		t.is((await connection.closed).reason, 'protocol');
	}
});

const broken = new Error('a mistake');
const mistakes: ReadonlyArray<readonly [string, Codec<string>['decode'], (error: unknown) => boolean]> = [
	[
		'throws something else',
		() => {
			throw broken;
		},
		error => error === broken,
	],
	['rejects', buffer => (buffer.retrieveAll(), Promise.reject(broken)), error => error === broken],
	['takes bytes and gives nothing', buffer => void buffer.retrieve(1), error => error instanceof TypeError],
	['gives a frame and takes nothing', () => 'frame', error => error instanceof TypeError],
	['gives null', buffer => (buffer.retrieveAll(), null as unknown as string), error => error instanceof TypeError],
	[
		'promises undefined',
		async buffer => (buffer.retrieveAll(), undefined as unknown as string),
		error => error instanceof TypeError,
	],
	['asks for more than there is', buffer => buffer.retrieve(5000).toString(), error => error instanceof RangeError],
];
for (const [name, decode, isRight] of mistakes) {
	test(`a decoder that ${name} has made a mistake: reset, reason error`, async t => {
		const {connection, peer} = await ownPair(t);
		const framed = connection.framed({...prefixed, decode});
		const reading = framed.read();
		await peer.send('abc');
		const error = await reasonOf(reading);
		t.true(isRight(error), String(error));
		const info = await connection.closed;
		t.is(info.reason, 'error');
		t.is(info.error, error);
		t.true((await reasonOf(framed.read())) instanceof ClosedError);
		t.true((await reasonOf(peer.read())) instanceof BrokenError);
	});
}

test('a promise of a frame holds back those behind it, and a cancelled read leaves it for the next', async t => {
	const {connection, peer} = await rawPair(t);
	const {opened, open} = gate();
	const framed = connection.framed<string, string>({
		...prefixed,
		decode(buffer) {
			const frame = prefixed.decode(buffer) as string | undefined;
			return frame === 'slow' ? opened.then(() => frame) : frame;
		},
	});
	await peer.send(bytesOf('slow', 'fast'));
	t.true((await reasonOf(framed.read({timeout: 20}))) instanceof TimeoutError);
	const reading = framed.read();
	t.true((await reasonOf(connection.read())) instanceof BusyError);
	open();
	t.is(await reading, 'slow');
	t.is(await framed.read(), 'fast');
});

test('a frame that is being decoded when the peer resets is still read, and before `closed`', async t => {
	const {connection, peer} = await ownPair(t);
	const {opened, open} = gate();
	const framed = connection.framed<string, string>({
		...prefixed,
		decode(buffer) {
			const frame = prefixed.decode(buffer) as string | undefined;
			return frame === undefined ? undefined : opened.then(() => frame);
		},
	});
	const order: string[] = [];
	const reading = framed.read().then(frame => order.push(String(frame)));
	await peer.send(bytesOf('last'));
	await turns(5);
	peer.reset();
	await until(() => connection.state === 'disconnected', 'the end');
	const closed = connection.closed.then(() => order.push('closed'));
	await turns(3);
	t.deepEqual(order, []);
	open();
	await within(Promise.all([reading, closed]), 'both');
	t.deepEqual(order, ['last', 'closed']);
	t.true((await reasonOf(framed.read())) instanceof BrokenError);
});

test('what a decoder does to its own connection breaks nothing', async t => {
	for (const act of [
		(connection: CoTcpConnection) => connection.reset(),
		(connection: CoTcpConnection) => void connection.close(),
	]) {
		const {connection, peer} = await ownPair(t);
		const framed = connection.framed<string, string>({
			...prefixed,
			decode(buffer) {
				act(connection);
				return prefixed.decode(buffer);
			},
		});
		await peer.send(bytesOf('x'));
		t.true((await reasonOf(framed.read())) instanceof ClosedError);
		await connection.closed;
	}

	const {connection, peer} = await ownPair(t);
	const inside: unknown[] = [];
	const framed = connection.framed<string, string>({
		decode(buffer) {
			inside.push(reasonOf(connection.read()), reasonOf(framed.read()));
			void connection.send('seen');
			return prefixed.decode(buffer);
		},
		encode(frame) {
			void connection.send('[');
			return frame;
		},
	});
	await peer.send(bytesOf('x'));
	t.is(await framed.read(), 'x');
	for (const error of await Promise.all(inside)) t.true(error instanceof BusyError);
	await framed.send(']');
	await connection.shutdown();
	t.is((await peer.readAll()).toString().replaceAll('seen', ''), '[]');
});

test('frames are sent in the order of the calls, whoever encodes slowly', async t => {
	const {connection, peer} = await rawPair(t);
	const {opened, open} = gate();
	const framed = connection.framed<string, string>({
		...prefixed,
		encode: frame => (frame.startsWith('slow') ? opened.then(() => Buffer.from(frame)) : frame),
	});
	const sends = [framed.send('slow1 '), framed.send('fast1 '), connection.send('plain ')];
	sends.push(framed.sendAll(['slow2 ', 'fast2 '], {timeout: 20_000}), framed.send('fast3'));
	const shutdown = connection.shutdown();
	await turns(3);
	t.is(connection.stats.bytesWritten, 0);
	open();
	await Promise.all([...sends, shutdown]);
	t.is((await peer.readAll()).toString(), 'slow1 fast1 plain slow2 fast2 fast3');
});

test('what the codec refuses to encode is not sent, nor any other frame of the same message', async t => {
	const {connection, peer} = await rawPair(t);
	const refusal = new RangeError('refused');
	const framed = connection.framed<string, string>({
		...prefixed,
		encode(frame) {
			if (frame === 'later') return Promise.reject(refusal);
			if (frame === 'bad') throw refusal;
			return frame;
		},
	});
	for (const call of [
		framed.send('bad'),
		framed.send('later'),
		framed.send('bad', {timeout: 1000}),
		framed.sendAll(['ok', 'bad']),
		framed.sendAll(['ok', 'later']),
	])
		t.is(await reasonOf(call), refusal);
	t.is(await reasonOf(framed.send('x', {signal: AbortSignal.abort('gone')})), 'gone');
	await framed.sendAll([]);
	await framed.sendAll(['a', 'b']);
	await framed.send('c', {timeout: 20_000});
	await connection.shutdown();
	t.is((await peer.readAll()).toString(), 'abc');
	t.true((await reasonOf(framed.send('late'))) instanceof ClosedError);
});

for (const wrong of [undefined, null, 5, {}, [5], ['x', undefined], new ArrayBuffer(4), Promise.resolve(5)]) {
	test(`encode must give bytes, not ${inspect(wrong)}`, async t => {
		const {connection} = await rawPair(t);
		const framed = connection.framed({...prefixed, encode: () => wrong as string});
		for (const call of [framed.send('x'), framed.sendAll(['x']), framed.send('x', {timeout: 20_000})]) {
			const error = (await reasonOf(call)) as TypeError;
			t.true(error instanceof TypeError);
			t.true(error.message.includes('codec.encode(frame)'), error.message);
		}

		t.is(connection.stats.bytesWritten, 0);
	});
}

test('sendAll refuses what is no array, and read what are no options', async t => {
	const {connection} = await rawPair(t);
	const framed = connection.framed(prefixed);
	t.true((await reasonOf(framed.sendAll('xy' as unknown as string[]))) instanceof TypeError);
	t.true((await reasonOf(framed.read({timeout: -1}))) instanceof RangeError);
	t.true((await reasonOf(framed.send('x', 5 as unknown as object))) instanceof TypeError);
});

test('a frame that does not complete within frameTimeout ends the connection', async t => {
	const {connection, peer} = await ownPair(t, {frameTimeout: 60});
	const framed = connection.framed(prefixed);
	const idle = framed.read();
	await sleep(150);
	await peer.send(bytesOf('whole'));
	t.is(await idle, 'whole');
	const started = performance.now();
	const reading = framed.read();
	await peer.send(bytesOf('never').subarray(0, 3));
	const error = (await reasonOf(reading)) as TimeoutError;
	t.true(performance.now() - started >= 60);
	t.true(error instanceof TimeoutError);
	t.is(error.limitName, 'frameTimeout');
	t.is((await connection.closed).reason, 'frameTimeout');
	t.true((await reasonOf(peer.read())) instanceof BrokenError);
});

test('time in which nobody reads is not the time of a frame', async t => {
	const {connection, peer} = await ownPair(t, {frameTimeout: 1000});
	const framed = connection.framed(prefixed);
	await peer.send(bytesOf('frame').subarray(0, 3));
	t.true((await reasonOf(framed.read({timeout: 20}))) instanceof TimeoutError);
	await sleep(1500);
	t.is(connection.state, 'connected');
	await peer.send(bytesOf('frame').subarray(3));
	t.is(await framed.read(), 'frame');
});

test('a flood of empty frames does not keep another connection waiting', async t => {
	const {connection, peer} = await rawPair(t);
	const other = await rawPair(t);
	const count = 20_000;
	await peer.send(Buffer.alloc(2 * count));
	let read = 0;
	const framed = connection.framed(prefixed);
	const flood = (async () => {
		while (read < count) {
			await framed.read();
			read++;
		}
	})();
	await nextTurn();
	await other.peer.send('x');
	await other.connection.read();
	t.true(read < count, `${read} frames before one byte of another connection`);
	await within(flood, 'all frames', 60_000);
});

test('a peer that resets at any byte leaves whole frames, then BrokenError', async t => {
	const bytes = bytesOf('one', 'two', 'three');
	for (let cut = 0; cut <= bytes.length; cut++) {
		const {connection, peer} = await ownPair(t);
		const framed = connection.framed(prefixed);
		await peer.send(bytes.subarray(0, cut));
		await until(() => connection.info()?.bytesReceived === cut, 'the bytes');
		peer.reset();
		const frames: string[] = [];
		const error = await reasonOf(
			(async () => {
				for await (const frame of framed) frames.push(frame);
			})(),
		);
		t.true(error instanceof BrokenError, `cut at ${cut}: ${String(error)}`);
		t.deepEqual(frames, ['one', 'two', 'three'].slice(0, cut < 5 ? 0 : cut < 10 ? 1 : cut < 17 ? 2 : 3));
	}
});

test('what is thrown into a yield* over the frames comes out of it, and the connection goes on', async t => {
	const {connection, peer} = await rawPair(t);
	const framed = connection.framed(prefixed);
	const iterator = (async function* () {
		yield* framed;
	})();
	await peer.send(bytesOf('one', 'two'));
	await iterator.next();
	const mine = new Error('mine');
	t.is(await t.throwsAsync(iterator.throw(mine)), mine);
	t.not(await framed.read(), null);
});
