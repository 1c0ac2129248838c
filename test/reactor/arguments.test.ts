import {Buffer} from 'node:buffer';
import test from 'ava';
import {ClosedError} from '../../src/index.js';
import {
	EventLoop,
	InputBuffer,
	TcpClient,
	TcpConnection,
	TcpServer,
	type TcpHandlers,
	type TcpServerOptions,
} from '../../src/reactor/index.js';
import {checkDescriptors} from '../support/descriptors.js';
import {dial, turns, until} from '../support/server-peers.js';
import {badNumbers, noIntegers, noNumbers, noOptions, noViews, type WrongValue} from '../support/wrong-values.js';
import {serveReactor} from './support.js';

checkDescriptors(test);

const loop = EventLoop.current();

/** A message names what was wrong and shows what came. */
function isNamed(error: Error, name: string, kind: typeof TypeError | typeof RangeError): string | undefined {
	const {code} = error as NodeJS.ErrnoException;
	if (!(error instanceof kind)) return `${error.name} instead of ${kind.name}: ${error.message}`;
	if (code !== (kind === TypeError ? 'ERR_INVALID_ARG_TYPE' : 'ERR_OUT_OF_RANGE')) return `code ${String(code)}`;
	if (!error.message.startsWith(`The value of "${name}"`)) return error.message;
	return error.message.includes('Received ') ? undefined : error.message;
}

function faultOf(call: () => unknown, name: string, kind: typeof TypeError | typeof RangeError): string | undefined {
	try {
		call();
	} catch (error) {
		return isNamed(error as Error, name, kind);
	}

	return 'nothing was thrown';
}

interface Rows {
	readonly types: readonly WrongValue[];
	readonly ranges?: readonly WrongValue[];
}

const zero: WrongValue = {name: '0', value: 0};
const limits: Rows = {types: noNumbers, ranges: [...badNumbers, ...noIntegers, zero]};
const times: Rows = {types: noNumbers, ranges: [...badNumbers, zero]};
const noBooleans = noNumbers.filter(({name}) => name !== 'true');
const noStrings = noNumbers.filter(({value}) => typeof value !== 'string');
const noFunctions = noNumbers.filter(({value}) => typeof value !== 'function');
const port = (value: number): WrongValue => ({name: String(value), value});

const ofBoth: Readonly<Record<string, Rows>> = {
	name: {types: noStrings},
	noDelay: {types: noBooleans},
	maxPendingBytes: limits,
	highWaterMark: limits,
	stallTimeout: times,
	sendTimeout: times,
	idleTimeout: times,
	closeTimeout: {types: noNumbers, ranges: badNumbers},
	resetUnlessClosed: {types: noBooleans},
	host: {
		types: noStrings,
		ranges: [
			{name: "''", value: ''},
			{name: '254 characters', value: 'x'.repeat(254)},
		],
	},
	path: {types: noStrings, ranges: [{name: 'a long one', value: 'x'.repeat(200)}]},
};
const ofServer: Readonly<Record<string, Rows>> = {
	...ofBoth,
	port: {types: noNumbers, ranges: [...badNumbers, ...noIntegers, port(65_536)]},
	backlog: limits,
	ipv6Only: {types: noBooleans},
	reusePort: {types: noBooleans},
	maxConnections: limits,
	maxConnectionsPerAddress: limits,
	blockList: {types: noNumbers},
	overload: {types: [...noNumbers, {name: "'drop'", value: 'drop'}]},
};
const ofClient: Readonly<Record<string, Rows>> = {
	...ofBoth,
	port: {types: noNumbers, ranges: [...badNumbers, ...noIntegers, port(0), port(65_536)]},
	family: {types: noNumbers, ranges: [...badNumbers, port(5)]},
	lookup: {types: noFunctions},
	attemptDelay: times,
	localAddress: {types: [...noStrings, {name: 'a name', value: 'localhost'}]},
	localPort: {types: noNumbers, ranges: [...badNumbers, ...noIntegers, port(65_536)]},
	retry: {types: noOptions.filter(({name}) => name !== 'true')},
};
const ofRetry: Readonly<Record<string, Rows>> = {
	maxAttempts: limits,
	minDelay: times,
	maxDelay: times,
	attemptTimeout: times,
	onRetry: {types: noFunctions},
};

function faultsOf(
	table: Readonly<Record<string, Rows>>,
	make: (name: string, value: unknown) => unknown,
	prefix = '',
): string[] {
	const faults: string[] = [];
	for (const [name, {types, ranges = []}] of Object.entries(table)) {
		for (const [values, kind] of [
			[types, TypeError],
			[ranges, RangeError],
		] as const) {
			for (const wrong of values) {
				const fault = faultOf(() => make(name, wrong.value), `${prefix}${name}`, kind);
				if (fault !== undefined) faults.push(`${name} ${wrong.name}: ${fault}`);
			}
		}
	}

	return faults;
}

const place = (name: string): object => (name === 'path' || name === 'port' ? {} : {port: 1});

test('TcpServer refuses every wrong value of every option, naming it', t => {
	const make = (name: string, value: unknown): TcpServer => new TcpServer(loop, {...place(name), [name]: value});
	t.deepEqual(faultsOf(ofServer, make), []);
});

test('TcpClient refuses every wrong value of every option, naming it', t => {
	const make = (name: string, value: unknown): TcpClient => new TcpClient(loop, {...place(name), [name]: value}, {});
	t.deepEqual(faultsOf(ofClient, make), []);
	const withRetry = (name: string, value: unknown): TcpClient =>
		new TcpClient(loop, {port: 1, retry: {[name]: value}}, {});
	t.deepEqual(faultsOf(ofRetry, withRetry, 'retry.'), []);
});

test('loop, options and handlers are refused when they are none, handlers one by one', t => {
	const faults: Array<string | undefined> = [];
	const names = ['onConnection', 'onMessage', 'onWriteComplete', 'onHighWaterMark', 'onEnd', 'onError', 'onClose'];
	for (const Maker of [TcpServer, TcpClient] as Array<new (...values: unknown[]) => unknown>) {
		for (const {value} of [...noOptions, {value: {}}, {value: undefined}, {value: Object.create(null) as object}])
			faults.push(faultOf(() => new Maker(value, {port: 1}, {}), 'loop', TypeError));
		for (const {value} of [...noOptions, {value: undefined}])
			faults.push(faultOf(() => new Maker(loop, value, {}), 'options', TypeError));
		for (const {value} of noOptions)
			faults.push(faultOf(() => new Maker(loop, {port: 1}, value), 'handlers', TypeError));
		for (const name of names) {
			for (const {value} of noFunctions)
				faults.push(faultOf(() => new Maker(loop, {port: 1}, {[name]: value}), `handlers.${name}`, TypeError));
		}

		faults.push(faultOf(() => new Maker(loop, {}, {}), 'port', TypeError));
		faults.push(faultOf(() => new Maker(loop, {port: 1, path: '/x'}, {}), 'path', TypeError));
	}

	faults.push(
		faultOf(() => new TcpClient(loop, {port: 1}, undefined as unknown as TcpHandlers), 'handlers', TypeError),
	);
	t.deepEqual(
		faults.filter(fault => fault !== undefined),
		[],
	);
});

test('highWaterMark may be maxPendingBytes and no more; absent, it follows it', t => {
	const make = (options: object) => () => new TcpServer(loop, {port: 0, ...options});
	t.notThrows(make({highWaterMark: 2 * 1024 * 1024}));
	t.is(faultOf(make({highWaterMark: 2 * 1024 * 1024 + 1}), 'highWaterMark', RangeError), undefined);
	t.notThrows(make({highWaterMark: 1, maxPendingBytes: 1}));
	t.is(faultOf(make({highWaterMark: 2, maxPendingBytes: 1}), 'highWaterMark', RangeError), undefined);
	t.notThrows(make({maxPendingBytes: 1}));
	t.notThrows(make({highWaterMark: Infinity, maxPendingBytes: Infinity}));
	t.is(faultOf(make({highWaterMark: Infinity}), 'highWaterMark', RangeError), undefined);
});

test('an option that is undefined counts as absent, and unknown ones are ignored', async t => {
	const names = Object.keys(ofServer).filter(name => name !== 'port');
	const server = new TcpServer(loop, {
		...Object.fromEntries(names.map(name => [name, undefined])),
		port: 0,
		nonsense: true,
	} as TcpServerOptions);
	await server.start();
	await server.stop();
	t.is(server.name, 'server');
	t.is(new TcpClient(loop, {port: 1, retry: undefined, host: undefined}, {onEnd: undefined} as never).name, 'client');
});

test('a connection refuses every wrong argument, and goes on as if nothing had been', async t => {
	const scene = await serveReactor(t);
	const peer = await dial(scene.server.address);
	await until('it is up', () => scene.log.includes('up'));
	const [connection] = scene.server.connections;
	if (connection === undefined) return t.fail();
	const faults: Array<string | undefined> = [];
	const {remoteAddress} = connection;
	for (const {value} of noViews) {
		faults.push(faultOf(() => connection.send(value as string), 'data', TypeError));
		if (Array.isArray(value)) continue;
		faults.push(faultOf(() => connection.send(['good', value as string]), 'data[1]', TypeError));
	}

	for (const {value} of noBooleans)
		faults.push(faultOf(() => connection.setTcpNoDelay(value as never), 'on', TypeError));
	for (const {value} of noNumbers)
		faults.push(faultOf(() => connection.forceCloseWithDelay(value as never), 'delay', TypeError));
	for (const {value} of [...badNumbers, {value: Infinity}])
		faults.push(faultOf(() => connection.forceCloseWithDelay(value as never), 'delay', RangeError));
	t.deepEqual(
		faults.filter(fault => fault !== undefined),
		[],
	);
	connection.send('');
	connection.send([]);
	connection.send(['', new Uint8Array(0)]);
	connection.send(['all ', Buffer.from('is '), 'well']);
	t.is((await peer.received(11)).toString(), 'all is well');
	t.deepEqual(connection.remoteAddress, remoteAddress);
	t.is(connection.state, 'connected');
	t.is(loop.stats.timers, 0);
});

test('stop of both refuses wrong arguments, rejecting, and has not stopped then', async t => {
	const scene = await serveReactor(t);
	const client = new TcpClient(loop, {port: 1, retry: false}, {onError() {}});
	for (const stoppable of [scene.server, client]) {
		for (const {value} of noOptions) await t.throwsAsync(stoppable.stop(value as never), {instanceOf: TypeError});
		for (const {value} of noNumbers)
			await t.throwsAsync(stoppable.stop({timeout: value as never}), {
				instanceOf: TypeError,
				message: /"timeout"/u,
			});
		for (const {value} of badNumbers)
			await t.throwsAsync(stoppable.stop({timeout: value as never}), {
				instanceOf: RangeError,
				message: /"timeout"/u,
			});
	}

	const peer = await dial(scene.server.address);
	peer.end();
	await scene.closed();
	client.connect();
	await client.stop();
});

test('a connection made by hand is of no use and does no harm', t => {
	for (const Class of [TcpConnection, InputBuffer] as unknown as Array<new () => Record<string, unknown>>) {
		for (const name of Object.getOwnPropertyNames(Class.prototype)) {
			if (name === 'constructor' || name === 'loop') continue;
			const use = (): unknown => {
				const made = new Class();
				const member = made[name];
				return typeof member === 'function' ? Reflect.apply(member, made, [0]) : member;
			};
			t.throws(use, {instanceOf: TypeError}, name);
		}
	}
});

test('methods lent to other objects are TypeErrors', async t => {
	for (const Class of [TcpConnection, TcpServer, TcpClient, InputBuffer] as Array<{readonly prototype: object}>) {
		for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(Class.prototype))) {
			const lent: unknown = property.value ?? Reflect.get(property, 'get');
			if (name === 'constructor' || name === 'loop' || typeof lent !== 'function') continue;
			await t.throwsAsync(async () => Reflect.apply(lent, {}, [0]) as unknown, {instanceOf: TypeError}, name);
		}
	}
});

test('everything may be called after the end, and twice', async t => {
	const scene = await serveReactor(t);
	const peer = await dial(scene.server.address);
	await until('it is up', () => scene.log.includes('up'));
	const [connection] = scene.server.connections;
	if (connection === undefined) return t.fail();
	const {id, name, localAddress, remoteAddress} = connection;
	peer.end();
	await scene.closed();
	for (let twice = 0; twice < 2; twice++) {
		t.throws(() => connection.send('late'), {instanceOf: ClosedError, code: 'ERR_TCP_CLOSED'});
		t.throws(() => connection.toAwaitable(), {instanceOf: ClosedError});
		connection.shutdown();
		connection.forceClose();
		connection.forceCloseWithDelay(5);
		connection.stopRead();
		connection.startRead();
		connection.setTcpNoDelay(true);
		t.is(connection.ref().unref(), connection);
	}

	connection.setContext('late');
	t.deepEqual([connection.id, connection.name], [id, name]);
	t.deepEqual([connection.localAddress, connection.remoteAddress], [localAddress, remoteAddress]);
	t.is(connection.state, 'disconnected');
	t.is(connection.stats.pendingBytes, 0);
	t.is(connection.info()?.state, 7); // TCP_CLOSE
	t.is(connection.loop, loop);
	t.is(loop.stats.timers, 0);
	const {server} = scene;
	await Promise.all([server.stop(), server.stop({timeout: 0}), server[Symbol.asyncDispose]()]);
	t.is(server.ref().unref(), server);
	await t.throwsAsync(server.start(), {instanceOf: ClosedError});
	t.is(server.address.family, 'ipv4');
	t.is(server.stats.ended.closed, 1);
	await turns(3);
	t.deepEqual(scene.log, ['up', 'end', 'down', 'close']);
});

test('a client may be stopped, disconnected and disposed of in any state, and twice', async t => {
	const client = new TcpClient(loop, {port: 1}, {});
	client.disconnect();
	client.ref();
	client.unref();
	client.connect();
	client.connect();
	client.disconnect();
	client.disconnect();
	client.connect();
	await Promise.all([client.stop(), client.stop({timeout: 0}), client[Symbol.asyncDispose]()]);
	client.disconnect();
	t.is(client.ref().unref(), client);
	t.throws(() => client.connect(), {instanceOf: ClosedError, code: 'ERR_TCP_CLOSED'});
	t.is(client.connection, undefined);
	t.is(loop.stats.timers, 0);
});
