import {execFile, execFileSync} from 'node:child_process';
import {chmodSync, existsSync, lstatSync, mkdtempSync, rmSync, unlinkSync, writeFileSync} from 'node:fs';
import {connect as netConnect} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {BrokenError, listen, ResourceError, sleep, TimeoutError, type ListenOptions} from '../src/index.js';
import {dial, dialing, dialMany, openDescriptors, serve, until, type PeerEnd} from './support/server-peers.js';

/** What a script of python3 prints. */
async function python(script: string, ...parameters: string[]): Promise<string> {
	const {stdout} = await promisify(execFile)('python3', ['-c', script, ...parameters]);
	return stdout;
}

const onLoopback = {port: 0, host: '127.0.0.1'};

function temporaryDirectory(t: ExecutionContext): string {
	const directory = mkdtempSync(path.join(tmpdir(), 'cotcp-listen-'));
	t.teardown(() => {
		rmSync(directory, {recursive: true, force: true});
	});
	return directory;
}

/** How connecting to `host` goes: 'connect', or the code of the error. */
async function tryHost(port: number, host: string): Promise<PeerEnd> {
	const socket = netConnect({port, host});
	return new Promise(resolve => {
		socket.on('connect', () => {
			resolve('connect');
			socket.destroy();
		});
		socket.on('error', (error: NodeJS.ErrnoException) => {
			resolve(error.code ?? '');
		});
	});
}

// what can go wrong with the process comes first, alone

test.serial('listen rejects with a ResourceError where it has no permission', async t => {
	const directory = temporaryDirectory(t);
	chmodSync(directory, 0o555);
	const isRoot = process.geteuid?.() === 0;
	if (isRoot) process.seteuid?.(65_534);
	const listening = listen({path: path.join(directory, 'socket')});
	const error = await t.throwsAsync(listening, {instanceOf: ResourceError});
	if (isRoot) process.seteuid?.(0);
	t.is(error.code, 'EACCES');
	t.is(error.address, path.join(directory, 'socket'));
});

test.serial('no handler is called before the code after await listen has run, however early a peer comes', async t => {
	let calls = 0;
	const server = await serve(t, () => {
		calls++;
	});
	// Another process connects while this one does nothing else: the kernel completes it.
	const script = 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1]))).sendall(b"x")';
	execFileSync('python3', ['-c', script, String(server.address.port)]);
	t.is(calls, 0);
	await until('the handler runs', () => calls === 1);
});

// where

test('listen without a host takes IPv6 and IPv4 alike, and shows IPv4 peers as such', async t => {
	const server = await listen({port: 0});
	t.teardown(() => server.close({timeout: 0}));
	t.like(server.address, {address: '::', family: 'ipv6'});
	t.true(server.address.port > 0);
	const accepting = server.accept();
	const peer = await dial({...server.address, address: '127.0.0.1'});
	const fourth = await accepting;
	t.like(fourth?.remoteAddress, {address: '127.0.0.1', port: peer.socket.localPort, family: 'ipv4'});
	t.like(fourth?.localAddress, {address: '127.0.0.1', port: server.address.port, family: 'ipv4'});
	const next = server.accept();
	await dial({...server.address, address: '::1'});
	t.like((await next)?.remoteAddress, {address: '::1', family: 'ipv6'});
});

test('listen with ipv6Only refuses IPv4', async t => {
	const server = await listen({port: 0, ipv6Only: true});
	t.teardown(() => server.close({timeout: 0}));
	t.is(await tryHost(server.address.port, '127.0.0.1'), 'ECONNREFUSED');
	t.is(await tryHost(server.address.port, '::1'), 'connect');
});

const listensAt = test.macro(async (t, host: string, address: string | RegExp, family: string) => {
	const server = await listen({port: 0, host});
	t.teardown(() => server.close({timeout: 0}));
	if (typeof address === 'string') t.is(server.address.address, address);
	else t.regex(server.address.address, address);
	t.is(server.address.family, family as 'ipv4');
	t.false('path' in server.address);
	t.is(await tryHost(server.address.port, server.address.address), 'connect');
});

test('listen takes an IPv4 address', listensAt, '127.0.0.1', '127.0.0.1', 'ipv4');
test('listen takes an IPv4 address that is not the first of its net', listensAt, '127.0.0.2', '127.0.0.2', 'ipv4');
test('listen takes an IPv6 address', listensAt, '::1', '::1', 'ipv6');
test('listen takes an IPv6 address written at length', listensAt, '0:0:0:0:0:0:0:1', '::1', 'ipv6');
test('listen takes the any address of IPv4', listensAt, '0.0.0.0', '0.0.0.0', 'ipv4');

test('listen takes the first address of a host name', async t => {
	const server = await listen({port: 0, host: 'localhost'});
	t.teardown(() => server.close({timeout: 0}));
	t.regex(server.address.address, /^(127\.0\.0\.1|::1)$/u);
	t.is(await tryHost(server.address.port, server.address.address), 'connect');
});

test('listen rejects with a BrokenError for a name that does not resolve', async t => {
	const error = await t.throwsAsync(listen({port: 0, host: 'nothing.invalid'}), {instanceOf: BrokenError});
	t.like(error, {syscall: 'getaddrinfo', address: 'nothing.invalid'});
	t.regex(error.code, /^(ENOTFOUND|EAI_[A-Z]+)$/u);
});

test('listen rejects with a ResourceError for an address of another machine', async t => {
	const error = await t.throwsAsync(listen({port: 0, host: '192.0.2.1'}), {instanceOf: ResourceError});
	t.like(error, {code: 'EADDRNOTAVAIL', address: '192.0.2.1', bytesSent: 0});
});

const isTaken = test.macro(async (t, first: ListenOptions, second: ListenOptions) => {
	const server = await serve(t, undefined, first);
	const {port} = server.address;
	const descriptors = openDescriptors();
	const error = await t.throwsAsync(listen({...second, port}), {instanceOf: ResourceError});
	t.like(error, {name: 'ResourceError', code: 'EADDRINUSE', address: second.host ?? '::', port});
	t.regex(error.syscall ?? '', /^(bind|listen)$/u);
	t.is(openDescriptors(), descriptors);
});

test.serial('listen rejects for a port that is taken', isTaken, {}, onLoopback);
test.serial('listen rejects for a port that is taken on one of all its addresses', isTaken, {}, {});
test.serial(
	'listen rejects for a port that is taken, although it would share it',
	isTaken,
	{},
	{...onLoopback, reusePort: true},
);
test.serial('listen rejects for a port that another would share', isTaken, {reusePort: true}, onLoopback);

test('two listeners share a port with reusePort, and both get peers', async t => {
	const first = await serve(t, () => {}, {reusePort: true});
	const second = await serve(t, () => {}, {reusePort: true, port: first.address.port});
	t.is(second.address.port, first.address.port);
	for (let peers = 0; peers < 2000 && Math.min(first.stats.accepted, second.stats.accepted) === 0; peers += 20) {
		const batch = await dialMany(20, first.address);
		await Promise.all(batch.map(peer => peer.ended));
	}

	t.true(first.stats.accepted > 0);
	t.true(second.stats.accepted > 0);
});

test.serial('a port can be listened to again at once, 200 times, each with a peer', async t => {
	let port = 0;
	const descriptors = openDescriptors();
	for (let round = 0; round < 200; round++) {
		const server = await listen({port, host: '127.0.0.1'}, async connection => {
			await connection.send(`round ${round}`);
		});
		port = server.address.port;
		const peer = await dial(server.address);
		t.is(await peer.ended, 'end');
		t.is(peer.bytes.toString(), `round ${round}`);
		t.is((await server.close()).aborted, 0);
		t.is(await tryHost(port, '127.0.0.1'), 'ECONNREFUSED');
	}

	await until('all descriptors are closed', () => openDescriptors() <= descriptors);
});

// unix sockets

test('listen makes a unix socket, and close removes its file', async t => {
	const file = path.join(temporaryDirectory(t), 'socket');
	const server = await serve(t, async connection => connection.send('hello'), {path: file});
	t.deepEqual(server.address, {address: '', port: 0, family: 'unix', path: file});
	t.true(lstatSync(file).isSocket());
	const peer = await dial(server.address);
	t.is(await peer.ended, 'end');
	t.is(peer.bytes.toString(), 'hello');
	await server.close();
	t.false(existsSync(file));
	t.is(server.address.path, file);
});

test.serial('close removes the file of a relative path, wherever the process is by then', async t => {
	const directory = temporaryDirectory(t);
	const before = process.cwd();
	process.chdir(directory);
	t.teardown(() => {
		process.chdir(before);
	});
	const server = await listen({path: 'socket'});
	process.chdir(before);
	t.is(server.address.path, 'socket');
	t.true(existsSync(path.join(directory, 'socket')));
	await server.close();
	t.false(existsSync(path.join(directory, 'socket')));
});

const existingFile = test.macro(async (t, make: (file: string) => void | Promise<void>) => {
	const file = path.join(temporaryDirectory(t), 'socket');
	await make(file);
	const before = lstatSync(file).ino;
	const error = await t.throwsAsync(listen({path: file}), {instanceOf: ResourceError});
	t.like(error, {code: 'EADDRINUSE', address: file, port: undefined});
	t.is(lstatSync(file).ino, before);
});

test('listen leaves an existing file alone', existingFile, file => {
	writeFileSync(file, 'precious');
});
test('listen leaves a socket file alone whose server is gone', existingFile, file => {
	execFileSync('python3', ['-c', 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])', file]);
});

test('listen rejects for the path of another server, which goes on', async t => {
	const file = path.join(temporaryDirectory(t), 'socket');
	const server = await serve(t, async connection => connection.send('mine'), {path: file});
	await t.throwsAsync(listen({path: file}), {code: 'EADDRINUSE'});
	const peer = await dial(server.address);
	await peer.ended;
	t.is(peer.bytes.toString(), 'mine');
});

test('close leaves a file that has taken the place of the socket', async t => {
	const file = path.join(temporaryDirectory(t), 'socket');
	const server = await serve(t, undefined, {path: file});
	unlinkSync(file);
	writeFileSync(file, 'another');
	await server.close();
	t.true(existsSync(file));
});

test('close leaves the socket of a server that has taken the place', async t => {
	const file = path.join(temporaryDirectory(t), 'socket');
	const first = await serve(t, undefined, {path: file});
	unlinkSync(file);
	const second = await serve(t, async connection => connection.send('second'), {path: file});
	await first.close();
	const peer = await dial(second.address);
	await peer.ended;
	t.is(peer.bytes.toString(), 'second');
});

test('close takes no offence at a file that is gone', async t => {
	const file = path.join(temporaryDirectory(t), 'socket');
	const server = await serve(t, undefined, {path: file});
	unlinkSync(file);
	t.deepEqual(await server.close(), {drained: 0, aborted: 0});
});

test('listen rejects with the error of the system for a directory that is not there', async t => {
	const file = path.join(temporaryDirectory(t), 'missing', 'socket');
	await t.throwsAsync(listen({path: file}), {instanceOf: BrokenError, code: 'ENOENT'});
});

test('listen takes a path of 107 bytes and no longer one', async t => {
	const directory = temporaryDirectory(t);
	const longest = path.join(directory, 'x'.repeat(107 - directory.length - 1));
	const server = await serve(t, undefined, {path: longest});
	t.is(server.address.path, longest);
	t.true(existsSync(longest));
	await t.throwsAsync(listen({path: `${longest}x`}), {instanceOf: RangeError, code: 'ERR_OUT_OF_RANGE'});
});

// node:net of Node 20 knows no abstract names.
const readAbstract = `import socket, sys
peer = socket.socket(socket.AF_UNIX)
peer.connect("\\0" + sys.argv[1])
print(peer.recv(100).decode(), end="")`;

test('listen makes an abstract socket, whose name is free after close', async t => {
	const name = `\0cotcp-${process.pid}-abstract`;
	for (let round = 0; round < 2; round++) {
		const server = await serve(t, async connection => connection.send('abstract'), {path: name});
		t.like(server.address, {family: 'unix', path: name, port: 0});
		await t.throwsAsync(listen({path: name}), {instanceOf: ResourceError, code: 'EADDRINUSE'});
		t.is(await python(readAbstract, name.slice(1)), 'abstract');
		await server.close();
	}
});

test('the backlog is the one that was asked for', async t => {
	const file = path.join(temporaryDirectory(t), 'socket');
	const server = await serve(t, undefined, {path: file, backlog: 3});
	// unix(7) refuses at once what does not fit: the kernel takes one more than the backlog.
	const peers = Array.from({length: 10}, () => dialing(server.address));
	const ends: PeerEnd[] = [];
	for (const peer of peers) void peer.ended.then(end => ends.push(end));
	await until('the rest is refused', () => ends.length === 6);
	t.deepEqual(new Set(ends), new Set(['EAGAIN']));
	for (let left = 0; left < 4; left++) t.truthy(await server.accept());
	await t.throwsAsync(server.accept({timeout: 0}), {instanceOf: TimeoutError});
});

test('the default backlog takes 500 peers before anybody accepts', async t => {
	const server = await serve(t);
	const peers = await dialMany(500, server.address);
	for (const peer of peers) peer.end();
	for (let taken = 0; taken < 500; taken++) t.truthy(await server.accept());
});

// arguments

const rejects = test.macro(
	async (t, kind: 'TypeError' | 'RangeError', name: string, options: unknown, handler?: unknown) => {
		const descriptors = openDescriptors();
		let promise!: Promise<unknown>;
		t.notThrows(() => {
			promise = listen(options as ListenOptions, handler as undefined);
		});
		const error = await t.throwsAsync(promise, {instanceOf: kind === 'TypeError' ? TypeError : RangeError});
		t.is((error as NodeJS.ErrnoException).code, kind === 'TypeError' ? 'ERR_INVALID_ARG_TYPE' : 'ERR_OUT_OF_RANGE');
		t.regex(error.message, new RegExp(`"${name}"`, 'u'));
		t.is(openDescriptors(), descriptors);
	},
);

const wrong: ReadonlyArray<[kind: 'TypeError' | 'RangeError', name: string, options: unknown, handler?: unknown]> = [
	['TypeError', 'options', undefined],
	['TypeError', 'options', null],
	['TypeError', 'options', 8080],
	['TypeError', 'options', '8080'],
	['TypeError', 'options', []],
	['TypeError', 'options', () => {}],
	['TypeError', 'port', {}],
	['TypeError', 'port', {port: undefined}],
	['TypeError', 'path', {port: 0, path: '/tmp/x'}],
	['TypeError', 'port', {port: '0'}],
	['TypeError', 'port', {port: null}],
	['TypeError', 'port', {port: 0n}],
	['TypeError', 'port', {port: Symbol('port')}],
	['TypeError', 'port', {port: {valueOf: () => 1}}],
	['TypeError', 'port', {port: true}],
	['RangeError', 'port', {port: -1}],
	['RangeError', 'port', {port: 65_536}],
	['RangeError', 'port', {port: 1.5}],
	['RangeError', 'port', {port: Number.NaN}],
	['RangeError', 'port', {port: Infinity}],
	['RangeError', 'port', {port: 2 ** 53}],
	['TypeError', 'host', {port: 0, host: 1}],
	['TypeError', 'host', {port: 0, host: null}],
	['TypeError', 'host', {port: 0, host: 'a\0b'}],
	['RangeError', 'host', {port: 0, host: ''}],
	['RangeError', 'host', {port: 0, host: 'a'.repeat(254)}],
	['TypeError', 'path', {path: 1}],
	['TypeError', 'path', {path: Buffer.from('/tmp/x')}],
	['RangeError', 'path', {path: ''}],
	['TypeError', 'path', {path: '/tmp/a\0b'}],
	['TypeError', 'backlog', {port: 0, backlog: '1'}],
	['RangeError', 'backlog', {port: 0, backlog: 0}],
	['RangeError', 'backlog', {port: 0, backlog: Infinity}],
	['RangeError', 'backlog', {port: 0, backlog: 2 ** 31}],
	['TypeError', 'ipv6Only', {port: 0, ipv6Only: 1}],
	['TypeError', 'reusePort', {port: 0, reusePort: 'true'}],
	['TypeError', 'maxConnections', {port: 0, maxConnections: '1'}],
	['RangeError', 'maxConnections', {port: 0, maxConnections: 0}],
	['RangeError', 'maxConnections', {port: 0, maxConnections: -1}],
	['RangeError', 'maxConnections', {port: 0, maxConnections: 1.5}],
	['RangeError', 'maxConnections', {port: 0, maxConnections: Number.NaN}],
	['TypeError', 'overload', {port: 0, overload: 'drop'}],
	['TypeError', 'overload', {port: 0, overload: true}],
	['TypeError', 'name', {port: 0, name: 1}],
	['TypeError', 'noDelay', {port: 0, noDelay: 0}],
	['TypeError', 'keepAlive', {port: 0, keepAlive: 1}],
	['RangeError', 'keepAlive.initialDelay', {port: 0, keepAlive: {initialDelay: 999}}],
	['RangeError', 'keepAlive.interval', {port: 0, keepAlive: {interval: 32_767_001}}],
	['RangeError', 'keepAlive.count', {port: 0, keepAlive: {count: 128}}],
	['TypeError', 'closeTimeout', {port: 0, closeTimeout: '1'}],
	['RangeError', 'closeTimeout', {port: 0, closeTimeout: -1}],
	['RangeError', 'closeTimeout', {port: 0, closeTimeout: Number.NaN}],
	['TypeError', 'resetUnlessClosed', {port: 0, resetUnlessClosed: null}],
	['TypeError', 'onError', {port: 0, onError: true}],
	['TypeError', 'signal', {port: 0, signal: {}}],
	['TypeError', 'signal', {port: 0, signal: null}],
	['TypeError', 'timeout', {port: 0, timeout: '1'}],
	['RangeError', 'timeout', {port: 0, timeout: -1}],
	['RangeError', 'timeout', {port: 0, timeout: Number.NaN}],
	['TypeError', 'handler', {port: 0}, null],
	['TypeError', 'handler', {port: 0}, 'echo'],
	['TypeError', 'handler', {port: 0}, {}],
	['RangeError', 'port', {port: -1, signal: AbortSignal.abort()}],
	['TypeError', 'handler', {port: 0, signal: AbortSignal.abort()}, {}],
];
for (const [index, row] of wrong.entries()) {
	const [kind, name, options, handler] = row;
	test.serial(
		`listen rejects wrong arguments, row ${index}: ${kind} for "${name}"`,
		rejects,
		kind,
		name,
		options,
		handler,
	);
}

test('listen takes options that are undefined, unknown or at their bounds', async t => {
	const server = await listen(
		{
			port: 0,
			host: '127.0.0.1',
			path: undefined,
			backlog: 2 ** 31 - 1,
			name: '',
			maxConnections: Infinity,
			overload: undefined,
			keepAlive: {initialDelay: 1000, interval: 32_767_000, count: 127},
			closeTimeout: Infinity,
			timeout: Infinity,
			signal: undefined,
			...{exclusive: true},
		},
		undefined,
	);
	t.is(server.name, '');
	await server.close();
});

test('listen passes on what a getter of the options throws, as a rejection', async t => {
	const options = {
		get port(): number {
			throw new Error('from the getter');
		},
	};
	await t.throwsAsync(listen(options), {message: 'from the getter'});
});

// signal and timeout

test.serial('listen rejects with the reason of a signal that has aborted, before anything happens', async t => {
	const reason = {an: 'object'};
	const descriptors = openDescriptors();
	const error: unknown = await listen({...onLoopback, signal: AbortSignal.abort(reason)}).catch(
		(thrown: unknown) => thrown,
	);
	t.is(error, reason);
	t.is(openDescriptors(), descriptors);
});

test('an abort while the name is looked up rejects with its reason, and nothing listens afterwards', async t => {
	const {port} = (await serve(t)).address;
	const other = port === 65_535 ? port - 1 : port + 1;
	const controller = new AbortController();
	const listening = listen({port: other, host: 'localhost', signal: controller.signal});
	controller.abort('enough');
	const error: unknown = await listening.catch((thrown: unknown) => thrown);
	t.is(error, 'enough');
	await listen({port: 0, host: 'localhost'}).then(server => server.close()); // a later lookup is over: so is the first
	t.is(await tryHost(other, '127.0.0.1'), 'ECONNREFUSED');
});

test('an abort after listening changes nothing', async t => {
	const controller = new AbortController();
	const server = await serve(t, async connection => connection.send('still here'), {signal: controller.signal});
	controller.abort();
	const peer = await dial(server.address);
	t.is(await peer.ended, 'end');
	t.is(peer.bytes.toString(), 'still here');
});

test('a timeout that ends after listening changes nothing', async t => {
	const server = await serve(t, async connection => connection.send('still here'), {timeout: 20});
	await sleep(40);
	const peer = await dial(server.address);
	t.is(await peer.ended, 'end');
	t.is(peer.bytes.toString(), 'still here');
});

test('listen with timeout 0 works where it need not wait', async t => {
	const server = await serve(t, undefined, {timeout: 0});
	t.is(await tryHost(server.address.port, '127.0.0.1'), 'connect');
});

test('listen with timeout 0 rejects where a name has to be looked up', async t => {
	await t.throwsAsync(listen({port: 0, host: 'localhost', timeout: 0}), {
		instanceOf: TimeoutError,
		code: 'ETIMEDOUT',
	});
});

test('the name of a server begins the names of its connections, which count from 1', async t => {
	const server = await serve(t, undefined, {name: 'echo'});
	t.is(server.name, 'echo');
	for (let number = 1; number <= 3; number++) {
		await dial(server.address);
		t.is((await server.accept())?.name, `echo-127.0.0.1:${server.address.port}#${number}`);
	}
});
