import {getEventListeners, once} from 'node:events';
import {spawn} from 'node:child_process';
import type {LookupAddress} from 'node:dns';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import net, {type LookupFunction} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {performance} from 'node:perf_hooks';
import test, {type ExecutionContext} from 'ava';
import {
	BrokenError,
	connect,
	listen,
	ResourceError,
	TimeoutError,
	type ConnectOptions,
	type CoTcpServer,
	type TcpError,
} from '../src/index.js';
import {checkDescriptors, descriptorCount} from './support/descriptors.js';
import {quietPort} from './support/quiet-port.js';
import {reasonOf, turns, until, within} from './support/wait.js';
import {badNumbers, noIntegers, noNumbers, noOptions, noSignals, type WrongValue} from './support/wrong-values.js';

checkDescriptors(test);

/** A server that takes everybody and holds them until the test is over. */
async function serve(t: ExecutionContext, host = '127.0.0.1'): Promise<CoTcpServer> {
	const server = await listen({host, port: 0}, async connection => {
		await connection.read();
	});
	t.teardown(async () => server.close({timeout: 0}));
	return server;
}

/** A port nobody listens on, which nobody else gets meanwhile. */
async function closedPort(t: ExecutionContext, host = '127.0.0.1'): Promise<number> {
	const holder = net.connect({host: '127.0.0.1', port: (await serve(t)).address.port});
	await once(holder, 'connect');
	t.teardown(() => holder.destroy());
	return host === '' ? 0 : (holder.localPort as number);
}

function finds(addresses: readonly string[]): LookupFunction {
	return (_host: string, _options: unknown, callback: (error: null, addresses: LookupAddress[]) => void) => {
		callback(
			null,
			addresses.map(address => ({address, family: net.isIP(address)})),
		);
	};
}

// failures

test('a refused connection is a BrokenError that says where', async t => {
	const port = await closedPort(t);
	const error = (await reasonOf(connect({host: '127.0.0.1', port}))) as BrokenError;
	t.true(error instanceof BrokenError);
	t.is(error.code, 'ECONNREFUSED');
	t.is(error.syscall, 'connect');
	t.is(error.address, '127.0.0.1');
	t.is(error.port, port);
	t.is(error.bytesSent, 0);
	t.is(error.name, 'BrokenError');
	t.is(error.message, `connect ECONNREFUSED 127.0.0.1:${port}`);
	t.is(error.cause, undefined);
});

test('with several addresses: the error of the first, and all of them as its cause', async t => {
	const port = await closedPort(t);
	const error = (await reasonOf(
		connect({host: 'many.test', port, lookup: finds(['127.0.0.1', '127.0.0.2', '127.0.0.3'])}),
	)) as BrokenError;
	t.true(error instanceof BrokenError);
	t.is(error.code, 'ECONNREFUSED');
	t.is(error.address, '127.0.0.1');
	const cause = error.cause as AggregateError;
	t.true(cause instanceof AggregateError);
	t.deepEqual(
		cause.errors.map((one: TcpError) => [one.code, one.address, one.port]),
		['127.0.0.1', '127.0.0.2', '127.0.0.3'].map(address => ['ECONNREFUSED', address, port]),
	);
});

test('a unix path that is not there, one that is no socket, and one nobody listens on', async t => {
	const directory = await mkdtemp(join(tmpdir(), 'cotcp-'));
	t.teardown(async () => rm(directory, {recursive: true}));
	const path = join(directory, 'missing');
	const error = (await reasonOf(connect({path}))) as BrokenError;
	t.true(error instanceof BrokenError);
	t.is(error.code, 'ENOENT');
	t.is(error.syscall, 'connect');
	t.is(error.address, path);
	t.is(error.port, undefined);
	const file = join(directory, 'file');
	await writeFile(file, '');
	t.is(((await reasonOf(connect({path: file}))) as BrokenError).code, 'ECONNREFUSED');
	t.is(((await reasonOf(connect({path: '\0cotcp-nobody-listens'}))) as BrokenError).code, 'ECONNREFUSED');
});

test('a name that does not resolve', async t => {
	const failing = ((_host: string, _options: unknown, callback: (error: Error) => void) => {
		callback(Object.assign(new Error('getaddrinfo ENOTFOUND'), {code: 'ENOTFOUND', syscall: 'getaddrinfo'}));
	}) as unknown as LookupFunction;
	const error = (await reasonOf(connect({host: 'nobody.test', port: 1, lookup: failing}))) as BrokenError;
	t.true(error instanceof BrokenError);
	t.is(error.code, 'ENOTFOUND');
	t.is(error.syscall, 'getaddrinfo');
	t.is(error.address, 'nobody.test');
	t.true(error.cause instanceof Error);
});

// lookup

test('a name is looked up once, with its name and family', async t => {
	const server = await serve(t);
	const calls: unknown[] = [];
	const lookup = ((
		host: string,
		options: unknown,
		callback: (error: null, address: string, family: number) => void,
	) => {
		calls.push([host, (options as {family: number}).family]);
		setImmediate(() => {
			callback(null, '127.0.0.1', 4);
		});
	}) as unknown as LookupFunction;
	const connection = await connect({host: 'some.test', port: server.address.port, family: 4, lookup});
	t.deepEqual(calls, [['some.test', 4]]);
	t.is(connection.remoteAddress.address, '127.0.0.1');
	await connection.close({timeout: 0});
});

test('an IP address is not looked up', async t => {
	const server = await serve(t);
	const lookup = (() => t.fail()) as unknown as LookupFunction;
	const connection = await connect({host: '127.0.0.1', port: server.address.port, lookup});
	await connection.close({timeout: 0});
	t.pass();
});

test('localhost is the default host', async t => {
	const server = await listen({port: 0}, async connection => {
		await connection.read();
	});
	const connection = await connect({port: server.address.port});
	t.true(['127.0.0.1', '::1'].includes(connection.remoteAddress.address));
	await connection.close({timeout: 0});
	await server.close({timeout: 0});
});

test('a lookup that never calls back: the timeout covers it', async t => {
	const begun = performance.now();
	const error = await reasonOf(connect({host: 'slow.test', port: 1, timeout: 20, lookup: () => {}}));
	t.true(performance.now() - begun >= 20);
	t.true(error instanceof TimeoutError);
	t.is((error as TimeoutError).code, 'ETIMEDOUT');
});

test('a lookup that never calls back: abort', async t => {
	const controller = new AbortController();
	const reason = {};
	const connecting = reasonOf(
		connect({
			host: 'slow.test',
			port: 1,
			signal: controller.signal,
			lookup: () => {},
		}),
	);
	await turns(2);
	controller.abort(reason);
	t.is(await connecting, reason);
	t.is(getEventListeners(controller.signal, 'abort').length, 0);
});

test('a lookup that calls back after the timeout connects to nobody', async t => {
	const server = await serve(t);
	let callBack!: () => void;
	const lookup = ((
		_host: string,
		_options: unknown,
		callback: (error: null, address: string, family: number) => void,
	) => {
		callBack = () => {
			callback(null, '127.0.0.1', 4);
		};
	}) as unknown as LookupFunction;
	t.true(
		(await reasonOf(connect({host: 'late.test', port: server.address.port, timeout: 5, lookup}))) instanceof
			TimeoutError,
	);
	callBack();
	await turns(10);
	t.is(server.stats.accepted, 0);
});

const lookupGivesNothing = test.macro(async (t, lookup: unknown) => {
	const error = (await reasonOf(
		connect({host: 'odd.test', port: 1, lookup: lookup as LookupFunction}),
	)) as BrokenError;
	t.true(error instanceof BrokenError, String(error));
	t.is(error.syscall, 'getaddrinfo');
	t.is(error.address, 'odd.test');
});
type Callback = (...results: unknown[]) => void;
const giving =
	(...results: unknown[]) =>
	(_host: string, _options: unknown, callback: Callback) => {
		callback(...results);
	};
test('a lookup that throws', lookupGivesNothing, () => {
	throw new Error('mine');
});
test('a lookup that gives an error without a code', lookupGivesNothing, giving(new Error('no code')));
test('a lookup that gives a string as its error', lookupGivesNothing, giving('wrong'));
test('a lookup that gives nothing', lookupGivesNothing, giving());
test('a lookup that gives an empty list', lookupGivesNothing, giving(null, []));
test(
	'a lookup that gives a list of nonsense',
	lookupGivesNothing,
	giving(null, [null, 5, {}, {address: 5}, {address: 'no address'}, 'x']),
);
test('a lookup that gives a name', lookupGivesNothing, giving(null, 'example.com', 4));
test('a lookup that gives an address with a NUL', lookupGivesNothing, giving(null, '127.0.0.1\0', 4));
test('a lookup that gives half an address', lookupGivesNothing, giving(null, '127.1', 4));
test('a lookup that gives a Symbol', lookupGivesNothing, giving(null, Symbol('s'), 4));
test(
	'a lookup that gives an object whose getter throws',
	lookupGivesNothing,
	giving(null, [
		{
			get address(): never {
				throw new Error('getter');
			},
		},
	]),
);

test('a lookup that calls back twice counts once', async t => {
	const server = await serve(t);
	const lookup = ((_host: string, _options: unknown, callback: Callback) => {
		callback(null, [{address: '127.0.0.1', family: 4}]);
		callback(new Error('again'));
		callback(null, [{address: '127.0.0.2', family: 4}]);
	}) as unknown as LookupFunction;
	const connection = await connect({host: 'twice.test', port: server.address.port, lookup});
	t.is(connection.remoteAddress.address, '127.0.0.1');
	await connection.close({timeout: 0});
});

test('family leaves the other addresses out', async t => {
	const server = await serve(t);
	const lookup = finds(['::1', '127.0.0.1']);
	const connection = await connect({host: 'both.test', port: server.address.port, family: 4, lookup});
	t.is(connection.remoteAddress.family, 'ipv4');
	await connection.close({timeout: 0});
});

// the race

test('an address that refuses does not keep the next one waiting', async t => {
	const server = await serve(t);
	const begun = performance.now();
	const connection = await connect({
		host: 'race.test',
		port: server.address.port,
		attemptDelay: 60_000,
		lookup: finds(['::1', '127.0.0.1']),
	});
	t.true(performance.now() - begun < 10_000);
	t.is(connection.remoteAddress.address, '127.0.0.1');
	t.regex(connection.name, /^client-127\.0\.0\.1:\d+#\d+$/u);
	await connection.close({timeout: 0});
	t.is(server.stats.accepted, 1);
});

/** A listener whose backlog is full: who connects to it waits. */
async function fullListener(t: ExecutionContext, host: string): Promise<number> {
	const server = await listen({host, port: 0, backlog: 1});
	t.teardown(async () => server.close({timeout: 0}));
	const fillers = Array.from({length: 4}, () => net.connect({host, port: server.address.port}).on('error', () => {}));
	t.teardown(() => {
		for (const filler of fillers) filler.destroy();
	});
	await until(() => fillers.filter(({connecting}) => !connecting).length >= 2, 'a full backlog');
	return server.address.port;
}

test.serial('an address that does not answer loses against the next one after attemptDelay', async t => {
	const port = await fullListener(t, '127.0.0.1');
	const server = await listen({host: '127.0.0.2', port}, async connection => {
		await connection.read();
	});
	t.teardown(async () => server.close({timeout: 0}));
	const before = descriptorCount();
	const begun = performance.now();
	const connection = await connect({
		host: 'race.test',
		port,
		attemptDelay: 30,
		lookup: finds(['127.0.0.1', '127.0.0.2']),
	});
	t.true(performance.now() - begun >= 30);
	t.is(connection.remoteAddress.address, '127.0.0.2');
	await connection.close({timeout: 0});
	await until(() => descriptorCount() <= before, 'the loser is closed');
});

test.serial('a timeout while it connects gives the attempt up', async t => {
	const port = await fullListener(t, '127.0.0.1');
	const before = descriptorCount();
	const error = await reasonOf(connect({host: '127.0.0.1', port, timeout: 20}));
	t.true(error instanceof TimeoutError, String(error));
	t.is(descriptorCount(), before);
});

test.serial('an abort while it connects gives the attempts up', async t => {
	const port = await fullListener(t, '127.0.0.1');
	const before = descriptorCount();
	const controller = new AbortController();
	const connecting = reasonOf(
		connect({
			host: 'race.test',
			port,
			attemptDelay: 1,
			signal: controller.signal,
			lookup: finds(['127.0.0.1', '127.0.0.1']),
		}),
	);
	await until(() => descriptorCount() > before, 'an attempt');
	controller.abort('enough');
	t.is(await connecting, 'enough');
	t.is(descriptorCount(), before);
});

test.serial('1,000 connects aborted at any moment leave no descriptor', async t => {
	const server = await serve(t);
	const {port} = server.address;
	const before = descriptorCount();
	let aborted = 0;
	for (let round = 0; round < 50; round++) {
		await Promise.all(
			Array.from({length: 20}, async (_, index) => {
				const controller = new AbortController();
				const connecting = connect({
					host: index % 2 === 0 ? '127.0.0.1' : 'x.test',
					port,
					signal: controller.signal,
					lookup: finds(['127.0.0.1', '127.0.0.1']),
				});
				const abort = (): void => {
					controller.abort('enough');
				};
				if (index % 5 === 0) abort();
				else if (index % 5 === 1) queueMicrotask(abort);
				else if (index % 5 === 2) process.nextTick(abort);
				else if (index % 5 === 3) setImmediate(abort);
				else setTimeout(abort, 0);
				try {
					const connection = await connecting;
					t.is(connection.state, 'connected');
					connection.reset();
				} catch (error) {
					t.is(error, 'enough');
					aborted++;
				}

				t.is(getEventListeners(controller.signal, 'abort').length, 0);
			}),
		);
	}

	t.true(aborted >= 400, String(aborted));
	await until(() => server.connections.size === 0 && descriptorCount() <= before, 'every descriptor is closed');
});

// before anything happens

test('a signal that has aborted rejects before anything happens, but after the check of the arguments', async t => {
	const server = await serve(t);
	const reason = {};
	const lookup = (() => t.fail()) as unknown as LookupFunction;
	t.is(
		await reasonOf(connect({host: 'x.test', port: server.address.port, lookup, signal: AbortSignal.abort(reason)})),
		reason,
	);
	t.true((await reasonOf(connect({port: 0, signal: AbortSignal.abort(reason)}))) instanceof RangeError);
	t.is(server.stats.accepted, 0);
});

test('abort after it has connected changes nothing', async t => {
	const server = await serve(t);
	const controller = new AbortController();
	const connection = await connect({
		host: '127.0.0.1',
		port: server.address.port,
		signal: controller.signal,
		timeout: 1000,
	});
	controller.abort();
	await reasonOf(connection.read({timeout: 1050}));
	t.is(connection.state, 'connected');
	await connection.close({timeout: 0});
});

test('timeout 0 connects only if nothing has to be waited for', async t => {
	const server = await serve(t);
	const outcome = await connect({host: '127.0.0.1', port: server.address.port, timeout: 0}).catch(
		(error: unknown) => error,
	);
	if (outcome instanceof TimeoutError) t.is(outcome.code, 'ETIMEDOUT');
	else {
		t.false(outcome instanceof Error);
		await (outcome as Awaited<ReturnType<typeof connect>>).close({timeout: 0});
	}

	t.true((await reasonOf(connect({host: 'x.test', port: 1, timeout: 0, lookup: () => {}}))) instanceof TimeoutError);
});

// local addresses

test('localAddress and localPort', async t => {
	const server = await serve(t);
	const {port} = server.address;
	const first = await connect({host: '127.0.0.1', port, localAddress: '127.0.0.9'});
	t.is(first.localAddress.address, '127.0.0.9');
	const localPort = first.localAddress.port;
	const error = (await reasonOf(
		connect({host: '127.0.0.1', port, localAddress: '127.0.0.9', localPort}),
	)) as ResourceError;
	t.true(error instanceof ResourceError, String(error));
	t.true(['EADDRINUSE', 'EADDRNOTAVAIL'].includes(error.code), error.code);
	first.reset();
	await first.closed;
	const second = await connect({host: '127.0.0.1', port, localAddress: '127.0.0.9', localPort});
	t.is(second.localAddress.port, localPort);
	second.reset();
});

test('a localAddress that this machine has not', async t => {
	const server = await serve(t);
	const error = (await reasonOf(
		connect({host: '127.0.0.1', port: server.address.port, localAddress: '192.0.2.1'}),
	)) as ResourceError;
	t.true(error instanceof ResourceError, String(error));
	t.is(error.code, 'EADDRNOTAVAIL');
	t.is(error.syscall, 'bind');
});

test('a localAddress of the other family leaves addresses out', async t => {
	const server = await serve(t);
	const connection = await connect({
		host: 'both.test',
		port: server.address.port,
		localAddress: '127.0.0.1',
		lookup: finds(['::1', '127.0.0.1']),
	});
	t.is(connection.remoteAddress.address, '127.0.0.1');
	connection.reset();
	const error = (await reasonOf(
		connect({host: '127.0.0.1', port: server.address.port, localAddress: '::1'}),
	)) as BrokenError;
	t.true(error instanceof BrokenError, String(error));
});

test('a connection to itself is refused', async t => {
	// Whoever binds to the port it connects to, where nobody listens, meets itself.
	const port = await quietPort();
	const error = (await reasonOf(
		connect({host: '127.0.0.1', port, localAddress: '127.0.0.1', localPort: port}),
	)) as TcpError;
	t.true(error instanceof BrokenError);
	t.is(error.code, 'ECONNREFUSED');
});

test('an abstract unix name is what Python means by it', async t => {
	const name = `cotcp-python-${process.pid}`;
	const program = `
import socket
listener = socket.socket(socket.AF_UNIX)
listener.bind('\\0${name}')
listener.listen()
print('listening', flush=True)
peer, _ = listener.accept()
peer.sendall(peer.recv(100).upper())
peer.close()
`;
	const child = spawn('python3', ['-c', program], {stdio: ['ignore', 'pipe', 'inherit']});
	await once(child.stdout, 'data');
	const connection = await connect({path: `\0${name}`});
	await connection.send('hello');
	t.is((await connection.readAll()).toString(), 'HELLO');
	t.is(connection.remoteAddress.path, `\0${name}`);
	const exited = once(child, 'exit');
	await connection.close();
	await exited;
});

// options

const refuses = test.macro(
	async (
		t,
		option: string,
		kind: typeof TypeError | typeof RangeError,
		values: readonly WrongValue[],
		rest: Partial<ConnectOptions> = {port: 1},
	) => {
		for (const {name, value} of values) {
			let outcome: Promise<unknown> | undefined;
			t.notThrows(() => {
				outcome = connect({...rest, [option]: value});
			}, name);
			const error = (await reasonOf(outcome as Promise<unknown>)) as Error & {code: string};
			t.true(error instanceof kind, `${name}: ${String(error)}`);
			t.is(error.code, kind === TypeError ? 'ERR_INVALID_ARG_TYPE' : 'ERR_OUT_OF_RANGE', name);
			t.true(error.message.includes(`"${option}"`), error.message);
		}
	},
);
const values = (...list: unknown[]): WrongValue[] =>
	list.map(value => ({name: typeof value === 'string' ? JSON.stringify(value) : String(value), value}));
const noStrings = noNumbers.filter(({value}) => typeof value !== 'string');

test('port: what is no number', refuses, 'port', TypeError, noNumbers);
test('port: what is no port', refuses, 'port', RangeError, [
	...badNumbers,
	...noIntegers,
	...values(0, 65_536, Infinity),
]);
test('port: none', refuses, 'port', TypeError, values(undefined));
test('path: what is no string', refuses, 'path', TypeError, [...noStrings, ...values(5)], {});
test('path: beside a port', refuses, 'path', TypeError, values('/tmp/x'));
test('path: with a NUL inside', refuses, 'path', TypeError, values('/tmp/\0x', '\0a\0b'), {});
test(
	'path: empty or too long',
	refuses,
	'path',
	RangeError,
	values('', '\0', `/${'x'.repeat(107)}`, `\0${'x'.repeat(108)}`, 'é'.repeat(54)),
	{},
);
test('host: what is no string', refuses, 'host', TypeError, [...noStrings, ...values(5)]);
test('host: with a NUL', refuses, 'host', TypeError, values('127.0.0.1\0.example'));
test('host: empty or too long', refuses, 'host', RangeError, values('', 'x'.repeat(254)));
test('family: what is no number', refuses, 'family', TypeError, noNumbers);
test('family: another number', refuses, 'family', RangeError, [...badNumbers, ...noIntegers, ...values(1, 5, 46)]);
test(
	'lookup',
	refuses,
	'lookup',
	TypeError,
	values(null, 'x', 5, {}, []).map(({value}) => ({name: typeof value, value})),
);
test('attemptDelay: what is no number', refuses, 'attemptDelay', TypeError, noNumbers);
test('attemptDelay: no time, or 0', refuses, 'attemptDelay', RangeError, [...badNumbers, ...values(0)]);
test('localAddress', refuses, 'localAddress', TypeError, [
	...noStrings,
	...values(5, '', 'localhost', '127.0.0.1\0', '127.1', '256.0.0.1'),
]);
test('localPort: what is no number', refuses, 'localPort', TypeError, noNumbers);
test('localPort: what is no port', refuses, 'localPort', RangeError, [...badNumbers, ...noIntegers, ...values(65_536)]);
test('name', refuses, 'name', TypeError, noStrings);
test('timeout: what is no number', refuses, 'timeout', TypeError, noNumbers);
test('timeout: no time', refuses, 'timeout', RangeError, badNumbers);
test('signal', refuses, 'signal', TypeError, noSignals);
test('noDelay', refuses, 'noDelay', TypeError, values(null, 1, 'true'));
test('resetUnlessClosed', refuses, 'resetUnlessClosed', TypeError, values(null, 1, 'true'));
test('keepAlive', refuses, 'keepAlive', TypeError, values(null, 1, 'true', 1000));
test('maxPendingBytes: what is no number', refuses, 'maxPendingBytes', TypeError, noNumbers);
test('maxPendingBytes: no limit', refuses, 'maxPendingBytes', RangeError, [...badNumbers, ...noIntegers, ...values(0)]);
test('closeTimeout: what is no number', refuses, 'closeTimeout', TypeError, noNumbers);
test('closeTimeout: no time', refuses, 'closeTimeout', RangeError, badNumbers);

test('keepAlive with its own options', async t => {
	for (const name of ['initialDelay', 'interval'] as const) {
		for (const value of [999, 32_767_001, Number.NaN, -1, Infinity]) {
			const error = await reasonOf(connect({port: 1, keepAlive: {[name]: value}}));
			t.true(error instanceof RangeError, `${name} ${value}`);
			t.true((error as Error).message.includes(name));
		}
	}

	for (const count of [0, 128, 1.5])
		t.true((await reasonOf(connect({port: 1, keepAlive: {count}}))) instanceof RangeError);
	t.true((await reasonOf(connect({port: 1, keepAlive: {count: '5' as never}}))) instanceof TypeError);
	const server = await serve(t);
	const connection = await connect({
		host: '127.0.0.1',
		port: server.address.port,
		keepAlive: {initialDelay: 1000.5, interval: 32_767_000, count: 127},
		noDelay: false,
	});
	await connection.close({timeout: 0});
});

test('no options, and options that are none', async t => {
	for (const {name, value} of [...noOptions, {name: 'undefined', value: undefined}]) {
		let outcome: Promise<unknown> | undefined;
		t.notThrows(() => {
			outcome = connect(value as never);
		}, name);
		t.true((await reasonOf(outcome as Promise<unknown>)) instanceof TypeError, name);
	}
});

test.serial('a pending connect keeps nothing open once it has failed', async t => {
	const port = await closedPort(t);
	const before = descriptorCount();
	for (let round = 0; round < 100; round++) await reasonOf(connect({host: '127.0.0.1', port}));
	await within(turns(2), 'two turns');
	t.true(descriptorCount() <= before);
});
