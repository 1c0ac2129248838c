import {Buffer} from 'node:buffer';
import test, {type ExecutionContext} from 'ava';
import {
	BrokenError,
	LimitError,
	ProtocolError,
	type TimeoutError,
	connect,
	type CoTcpConnection,
} from '../../src/index.js';
import {onFrames, type TcpConnection, type TcpServerOptions} from '../../src/reactor/index.js';
import type {Codec} from '../../src/codec/index.js';
import {bytesOf, gate, prefixed} from '../codec/framed-support.js';
import {reasonOf, turns, until, within} from '../support/wait.js';
import {serveReactor, type Scene} from './support.js';

interface FrameScene {
	readonly scene: Scene;
	readonly frames: string[];
	readonly client: CoTcpConnection;
}

/** A server that writes down its frames, and one client. */
async function serveFrames(
	t: ExecutionContext,
	decode: Codec<string>['decode'] = prefixed.decode.bind(prefixed),
	onFrame: (connection: TcpConnection, frame: string) => unknown = () => {},
	options: Partial<TcpServerOptions> = {},
): Promise<FrameScene> {
	const frames: string[] = [];
	const onMessage = onFrames({decode, encode: () => ''}, (connection, frame: string): unknown => {
		frames.push(frame);
		return onFrame(connection, frame);
	});
	const scene = await serveReactor(t, {onMessage}, options);
	const client = await connect({port: scene.server.address.port, host: '127.0.0.1'});
	t.teardown(() => {
		client.reset();
	});
	return {scene, frames, client};
}

test('all frames come in order, however they are split and however many there are, then the end', async t => {
	const {scene, frames, client} = await serveFrames(t);
	const expected = Array.from({length: 1000}, (_, index) => `frame ${index}`);
	for (const byte of bytesOf('a', '', 'b')) await client.send(Buffer.of(byte));
	await client.send(bytesOf(...expected));
	await client.shutdown();
	await within(scene.closed(), 'the end', 60_000);
	t.deepEqual(frames, ['a', '', 'b', ...expected]);
	t.is(scene.infos[0]?.reason, 'closed');
	t.is(scene.infos[0]?.bytesRead, bytesOf(...frames).length);
});

test('an illegal frame resets the connection, with the peer in the error, and none is decoded after it', async t => {
	let calls = 0;
	const {scene, frames, client} = await serveFrames(t, buffer => {
		calls++;
		return prefixed.decode(buffer);
	});
	await client.send(Buffer.concat([bytesOf('good'), Buffer.of(255, 255), bytesOf('behind')]));
	await scene.closed();
	t.deepEqual(frames, ['good']);
	t.is(calls, 2);
	const [info] = scene.infos;
	t.is(info?.reason, 'protocol');
	const error = info?.error as ProtocolError;
	t.true(error instanceof ProtocolError);
	t.is(error.port, client.localAddress.port);
	t.deepEqual(scene.errors, []);
	t.is(scene.server.stats.ended.protocol, 1);
	t.true((await reasonOf(client.read())) instanceof BrokenError);
});

test('a LimitError of the codec is the reason protocol, also out of a promise', async t => {
	const error = new LimitError('Too long', {limit: 1, actual: 2});
	const {scene, client} = await serveFrames(t, async buffer => {
		buffer.retrieveAll();
		throw error;
	});
	await client.send('x');
	await scene.closed();
	t.is(scene.infos[0]?.error, error);
	t.is(scene.infos[0]?.reason, 'protocol');
});

test('a mistake of the codec, and what onFrame throws or rejects with, is told to onError', async t => {
	const thrown = new Error('mine');
	const {scene, client} = await serveFrames(t, prefixed.decode.bind(prefixed), (_connection, frame) => {
		if (frame === 'throw') throw thrown;
		return Promise.reject(thrown);
	});
	const second = await connect({port: scene.server.address.port, host: '127.0.0.1'});
	await client.send(bytesOf('throw', 'never told'));
	await second.send(bytesOf('reject'));
	await scene.closed(2);
	t.deepEqual(scene.errors, [thrown, thrown]);
	t.deepEqual(
		scene.infos.map(info => info.reason),
		['error', 'error'],
	);
	const mistaken = await serveFrames(t, buffer => void buffer.retrieve(1));
	await mistaken.client.send('ab');
	await mistaken.scene.closed();
	t.true(mistaken.scene.errors[0] instanceof TypeError);
	t.is(mistaken.scene.infos[0]?.reason, 'error');
});

test('after forceClose no frame is told', async t => {
	const {scene, frames, client} = await serveFrames(t, prefixed.decode.bind(prefixed), connection => {
		connection.forceClose();
	});
	await client.send(bytesOf('one', 'two', 'three'));
	await scene.closed();
	t.deepEqual(frames, ['one']);
});

test('after stopRead frames wait for startRead', async t => {
	let held: TcpConnection | undefined;
	const {scene, frames, client} = await serveFrames(t, prefixed.decode.bind(prefixed), connection => {
		held = connection;
		connection.stopRead();
	});
	await client.send(bytesOf('one', 'two', 'three'));
	await client.shutdown();
	for (const count of [1, 2, 3]) {
		await until(() => frames.length === count, `${count} frames`);
		await turns(5);
		t.is(frames.length, count);
		held?.startRead();
	}

	await scene.closed();
	t.deepEqual(frames, ['one', 'two', 'three']);
});

test('a promise of a frame holds back the frames behind it, later messages and the end', async t => {
	const {opened, open} = gate();
	const {scene, frames, client} = await serveFrames(t, buffer => {
		const frame = prefixed.decode(buffer) as string | undefined;
		return frame === 'slow' ? opened.then(() => frame) : frame;
	});
	await client.send(bytesOf('fast', 'slow', 'behind'));
	await client.send(bytesOf('later'));
	await client.shutdown();
	await until(() => frames.length === 1, 'the first');
	await turns(10);
	t.deepEqual(frames, ['fast']);
	t.false(scene.log.includes('end'));
	open();
	await scene.closed();
	t.deepEqual(frames, ['fast', 'slow', 'behind', 'later']);
	t.is(scene.log.indexOf('end') > scene.log.lastIndexOf('message'), true);
});

test('a decoder that never settles holds back the end that has come, but neither stop nor forceClose', async t => {
	const {scene, frames, client} = await serveFrames(t, async buffer => {
		buffer.retrieveAll();
		return new Promise(() => {});
	});
	const others = [client, await connect({port: scene.server.address.port, host: '127.0.0.1'})];
	for (const peer of others) await peer.send('a frame');
	await until(() => scene.logs.size === 2, 'both have come');
	await until(() => [...scene.logs.values()].every(log => log.includes('message')), 'both are being decoded');
	for (const peer of others) peer.reset();
	await until(() => scene.server.stats.ended.broken === 2, 'both are over');
	await turns(10);
	t.deepEqual(scene.infos, []);
	[...scene.logs.keys()][0]?.forceClose();
	await within(scene.closed(1), 'the end of the one that is closed');
	t.is(scene.infos.length, 1);
	await within(scene.server.stop({timeout: 0}), 'the end of the server');
	t.deepEqual(
		scene.infos.map(({reason}) => reason),
		['broken', 'broken'],
	);
	for (const log of scene.logs.values()) t.deepEqual(log, ['up', 'message', 'down', 'close']);
	t.deepEqual(frames, []);
	t.deepEqual(scene.errors, []);
});

test('a frame that does not complete within frameTimeout ends the connection, but not while reading is stopped', async t => {
	let held: TcpConnection | undefined;
	const {scene, frames, client} = await serveFrames(
		t,
		prefixed.decode.bind(prefixed),
		connection => {
			held = connection;
		},
		{frameTimeout: 400},
	);
	await client.send(Buffer.concat([bytesOf('one'), bytesOf('two').subarray(0, 3)]));
	await until(() => frames.length === 1, 'the first');
	held?.stopRead();
	await new Promise(resolve => {
		setTimeout(resolve, 1000);
	});
	t.is(held?.state, 'connected');
	held?.startRead();
	await client.send(bytesOf('two').subarray(3));
	await until(() => frames.length === 2, 'the second');
	await client.send(bytesOf('three').subarray(0, 1));
	await scene.closed();
	t.is(scene.infos[0]?.reason, 'frameTimeout');
	t.is((scene.infos[0]?.error as TimeoutError).limitName, 'frameTimeout');
	t.is(scene.server.stats.ended.frameTimeout, 1);
	t.true((await reasonOf(client.read())) instanceof BrokenError);
});

test('the time that a decoder takes once all of its frame is there is not the time of the frame', async t => {
	const frameTimeout = 300;
	const {scene, frames, client} = await serveFrames(
		t,
		buffer => {
			const frame = prefixed.decode(buffer) as string | undefined;
			if (frame === undefined) return undefined;
			return new Promise<string>(resolve => {
				setTimeout(resolve, 4 * frameTimeout, frame);
			});
		},
		undefined,
		{frameTimeout},
	);
	await client.send(bytesOf('slow').subarray(0, 3));
	await until(() => scene.log.includes('message'), 'the first bytes');
	await client.send(bytesOf('slow').subarray(3));
	await until(() => frames.length === 1 || scene.infos.length > 0, 'the frame');
	t.deepEqual(frames, ['slow']);
});

test('a frame whose decoder stops reading is not lost', async t => {
	let held: TcpConnection | undefined;
	const {scene, frames, client} = await serveFrames(t, buffer => {
		const frame = prefixed.decode(buffer);
		[held] = [...scene.server.connections];
		if (frame === 'stop') held?.stopRead();
		return frame;
	});
	await client.send(bytesOf('stop', 'behind'));
	await until(() => held !== undefined, 'the decoder');
	await turns(10);
	t.deepEqual(frames, ['stop']);
	held?.startRead();
	await until(() => frames.length === 2, 'the frame behind it');
	t.deepEqual(frames, ['stop', 'behind']);
});

test('onFrames refuses what is no codec and no function', t => {
	const wrong = onFrames as (...values: unknown[]) => unknown;
	t.throws(() => wrong(undefined, () => {}), {instanceOf: TypeError, message: /"codec"/u});
	t.throws(() => wrong({}, () => {}), {instanceOf: TypeError, message: /"codec.decode"/u});
	t.throws(() => wrong(prefixed, 5), {instanceOf: TypeError, message: /"onFrame"/u});
});
