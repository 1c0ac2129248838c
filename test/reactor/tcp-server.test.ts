import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {ClosedError, ResourceError} from '../../src/index.js';
import {EventLoop, TcpServer, type TcpHandlers, type TcpServerOptions} from '../../src/reactor/index.js';
import {dial, dialMany, openDescriptors, turns, until} from '../support/server-peers.js';
import {serveReactor} from './support.js';

const loop = EventLoop.current();
const MiB = 1024 * 1024;

// the server

test('stop shuts every connection down, and resets what is left when the time is over', async t => {
	const scene = await serveReactor(t, {onEnd() {}});
	const polite = await dial(scene.server.address);
	const stubborn = await dial(scene.server.address, {allowHalfOpen: true});
	await until('both are up', () => scene.logs.size === 2);
	const [first, second] = await Promise.all([scene.server.stop({timeout: 3000}), scene.server.stop()]);
	t.deepEqual(first, {drained: 1, aborted: 1});
	t.is(first, second);
	t.is(await polite.ended, 'end');
	t.is(await stubborn.ended, 'end');
	t.deepEqual(scene.infos.map(({reason}) => reason).sort(), ['aborted', 'closed']);
	await t.throwsAsync(scene.server.start(), {instanceOf: ClosedError});
	t.truthy(scene.server.address);
	t.is(scene.server.stats.open, 0);
});

test('start resolves once, is idempotent, and tells what is wrong', async t => {
	const server = new TcpServer(loop, {port: 0, host: '127.0.0.1'});
	t.throws(() => server.address, {instanceOf: ClosedError});
	await Promise.all([server.start(), server.start()]);
	const {port} = server.address;
	const second = new TcpServer(loop, {port, host: '127.0.0.1'});
	await t.throwsAsync(second.start(), {instanceOf: ResourceError, code: 'EADDRINUSE'});
	await server[Symbol.asyncDispose]();
	const unstarted = new TcpServer(loop, {port: 0});
	t.deepEqual(await unstarted.stop(), {drained: 0, aborted: 0});
});

test('at maxConnections newcomers wait, or are reset, as told', async t => {
	const pausing = await serveReactor(t, {}, {maxConnections: 2});
	const [first] = await dialMany(3, pausing.server.address);
	await until('two are up', () => pausing.logs.size === 2);
	await turns();
	t.is(pausing.logs.size, 2);
	first?.end();
	await until('the third is up', () => pausing.logs.size === 3);
	const resetting = await serveReactor(t, {}, {maxConnections: 1, overload: 'reset'});
	await dial(resetting.server.address);
	await until('it is up', () => resetting.logs.size === 1);
	const refused = await dial(resetting.server.address);
	t.is(await refused.ended, 'ECONNRESET');
	t.is(resetting.server.stats.refused.maxConnections, 1);
});

test('a unix socket serves as well', async t => {
	const path = join(tmpdir(), `cotcp-reactor-${process.pid}`);
	const scene = await serveReactor(
		t,
		{
			onMessage(connection, buffer) {
				connection.setTcpNoDelay(false);
				connection.send(buffer.retrieveAll());
			},
		},
		{path},
	);
	const peer = await dial(scene.server.address);
	peer.send('hello');
	t.is((await peer.received(5)).toString(), 'hello');
	const [connection] = scene.server.connections;
	t.is(connection?.info(), null);
	t.is(connection?.remoteAddress.family, 'unix');
});

// wrong arguments

test('the constructor refuses wrong arguments, naming them, and does nothing', t => {
	const before = openDescriptors();
	const wrong: ReadonlyArray<[unknown, unknown, unknown, 'TypeError' | 'RangeError', string]> = [
		[undefined, {port: 0}, {}, 'TypeError', 'loop'],
		[{}, {port: 0}, {}, 'TypeError', 'loop'],
		[loop, undefined, {}, 'TypeError', 'options'],
		[loop, {}, {}, 'TypeError', 'port'],
		[loop, {port: -1}, {}, 'RangeError', 'port'],
		[loop, {port: '80'}, {}, 'TypeError', 'port'],
		[loop, {port: 0, highWaterMark: 0}, {}, 'RangeError', 'highWaterMark'],
		[loop, {port: 0, highWaterMark: 3 * MiB}, {}, 'RangeError', 'highWaterMark'],
		[loop, {port: 0, highWaterMark: Number.NaN}, {}, 'RangeError', 'highWaterMark'],
		[loop, {port: 0, maxPendingBytes: 0}, {}, 'RangeError', 'maxPendingBytes'],
		[loop, {port: 0}, 5, 'TypeError', 'handlers'],
		[loop, {port: 0}, {onMessage: 'x'}, 'TypeError', 'handlers.onMessage'],
		[loop, {port: 0}, {onClose: null}, 'TypeError', 'handlers.onClose'],
	];
	for (const [first, options, handlers, name, word] of wrong) {
		const error = t.throws(
			() => new TcpServer(first as EventLoop, options as TcpServerOptions, handlers as TcpHandlers),
			{name},
		);
		t.true(error.message.includes(word), error.message);
	}

	t.is(openDescriptors(), before);
});

test('calls of a connection refuse wrong arguments and leave it as it was', async t => {
	const scene = await serveReactor(t);
	const peer = await dial(scene.server.address);
	await until('it is up', () => scene.log.includes('up'));
	const [connection] = scene.server.connections;
	if (connection === undefined) return t.fail();
	for (const data of [5, null, undefined, {}, new ArrayBuffer(4), new Uint16Array(4), [5]] as unknown[])
		t.throws(
			() => {
				connection.send(data as string);
			},
			{instanceOf: TypeError, code: 'ERR_INVALID_ARG_TYPE'},
		);
	t.throws(
		() => {
			connection.forceCloseWithDelay(-1);
		},
		{instanceOf: RangeError},
	);
	t.throws(
		() => {
			connection.setTcpNoDelay(1 as unknown as boolean);
		},
		{instanceOf: TypeError},
	);
	await t.throwsAsync(scene.server.stop({timeout: -1}), {instanceOf: RangeError});
	connection.send('');
	connection.send([]);
	connection.send('fine');
	t.is((await peer.received(4)).toString(), 'fine');
});
