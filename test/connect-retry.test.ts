import {AsyncLocalStorage} from 'node:async_hooks';
import {getEventListeners, once} from 'node:events';
import {chmod, mkdir, mkdtemp, rm} from 'node:fs/promises';
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
	type CoTcpServer,
	type RetryOptions,
	type TcpError,
} from '../src/index.js';
import {runChild} from './support/child.js';
import {checkDescriptors, descriptorCount} from './support/descriptors.js';
import {inNamespace, mayUnshare} from './support/namespace.js';
import {quietPort} from './support/quiet-port.js';
import {reasonOf, turns, until, within} from './support/wait.js';

checkDescriptors(test);

const host = '127.0.0.1';

async function serve(t: ExecutionContext, place: {port: number} | {path: string} = {port: 0}): Promise<CoTcpServer> {
	const server = await listen({host, ...place}, async connection => {
		await connection.read();
	});
	t.teardown(async () => server.close({timeout: 0}));
	return server;
}

/** A port nobody listens on, which nobody else gets meanwhile unless told to listen on it. */
async function closedPort(t: ExecutionContext): Promise<number> {
	const holder = net.connect({host, port: (await serve(t)).address.port});
	await once(holder, 'connect');
	t.teardown(() => holder.destroy());
	return holder.localPort as number;
}

/** What onRetry was told, and when. */
class Told {
	readonly errors: TcpError[] = [];
	readonly delays: number[] = [];
	readonly attempts: number[] = [];
	readonly times: number[] = [];
	readonly onRetry: NonNullable<RetryOptions['onRetry']>;

	constructor(onRetry?: (attempt: number) => void) {
		this.onRetry = (error, delay, attempt) => {
			this.errors.push(error);
			this.delays.push(delay);
			this.attempts.push(attempt);
			this.times.push(performance.now());
			onRetry?.(attempt);
		};
	}
}

test('a peer that refuses five times, then listens: delays follow the rule, and are waited for', async t => {
	const port = await quietPort();
	let listening: Promise<CoTcpServer> | undefined;
	const told = new Told(attempt => {
		if (attempt === 5) listening = serve(t, {port});
	});
	const connection = await connect({
		host,
		port,
		retry: {minDelay: 4, maxDelay: 40, onRetry: told.onRetry},
	});
	const end = performance.now();
	t.is(connection.remoteAddress.port, (await listening)?.address.port as number);
	t.deepEqual(told.attempts, [1, 2, 3, 4, 5]);
	t.deepEqual(
		told.errors.map(({code, syscall, address}) => [code, syscall, address]),
		Array.from({length: 5}, () => ['ECONNREFUSED', 'connect', host]),
	);
	t.is(new Set(told.errors).size, 5);
	for (const [index, delay] of told.delays.entries()) {
		const base = Math.min(4 * 2 ** index, 40);
		t.true(delay >= Math.max(4, base * 0.75) && delay <= Math.min(40, base * 1.25), `${index}: ${delay}`);
		const waited = (told.times[index + 1] ?? end) - (told.times[index] as number);
		t.true(waited >= delay - 0.05, `${index}: waited ${waited} of ${delay}`);
	}

	await connection.close({timeout: 0});
});

test('delays are random', async t => {
	const port = await closedPort(t);
	const told = new Told();
	await reasonOf(connect({host, port, retry: {minDelay: 0.01, maxDelay: 5, maxAttempts: 60, onRetry: told.onRetry}}));
	t.is(told.delays.length, 59);
	t.true(new Set(told.delays.slice(10)).size > 3, String(told.delays));
});

test('maxAttempts used up: the last error, as connect gives it', async t => {
	const port = await closedPort(t);
	const told = new Told();
	const error = (await reasonOf(
		connect({host, port, retry: {maxAttempts: 3, minDelay: 1, onRetry: told.onRetry}}),
	)) as BrokenError;
	t.true(error instanceof BrokenError);
	t.is(error.message, `connect ECONNREFUSED ${host}:${port}`);
	t.deepEqual(told.attempts, [1, 2]);
	t.false(told.errors.includes(error));
});

test('without retry there is one try', async t => {
	const port = await closedPort(t);
	for (const retry of [undefined, false])
		t.is(((await reasonOf(connect({host, port, retry}))) as BrokenError).code, 'ECONNREFUSED');
});

test('retry true waits for a peer, and the timeout covers all tries', async t => {
	const port = await closedPort(t);
	const begun = performance.now();
	const error = await reasonOf(connect({host, port, retry: true, timeout: 40}));
	t.true(error instanceof TimeoutError, String(error));
	t.true(performance.now() - begun >= 40);
	t.regex((error as Error).message, /40 ms/u);
});

test.serial('the timeout over many tries: nothing is left, and nobody is called any more', async t => {
	const port = await closedPort(t);
	const before = descriptorCount();
	const told = new Told();
	const retry = {minDelay: 1, maxDelay: 2, onRetry: told.onRetry};
	t.true((await reasonOf(connect({host, port, timeout: 1000, retry}))) instanceof TimeoutError);
	const {length} = told.attempts;
	t.true(length >= 2, String(length));
	await reasonOf(connect({host: 'x.test', port, timeout: 20, lookup: () => {}}));
	t.is(told.attempts.length, length);
	t.is(descriptorCount(), before);
});

test('the timeout ends a waiting that would take longer', async t => {
	const port = await closedPort(t);
	const begun = performance.now();
	const error = await reasonOf(connect({host, port, timeout: 20, retry: {minDelay: Infinity, maxDelay: Infinity}}));
	t.true(error instanceof TimeoutError);
	t.true(performance.now() - begun < 10_000);
});

test('abort between two tries', async t => {
	const port = await closedPort(t);
	const controller = new AbortController();
	const reason = {};
	const told = new Told(() => {
		setImmediate(() => {
			controller.abort(reason);
		});
	});
	const connecting = connect({
		host,
		port,
		signal: controller.signal,
		retry: {minDelay: 60_000, maxDelay: 60_000, onRetry: told.onRetry},
	});
	t.is(await reasonOf(connecting), reason);
	t.deepEqual(told.attempts, [1]);
	t.is(getEventListeners(controller.signal, 'abort').length, 0);
});

test('abort inside onRetry', async t => {
	const port = await closedPort(t);
	const controller = new AbortController();
	const told = new Told(() => {
		controller.abort('enough');
	});
	const retry = {minDelay: 1, onRetry: told.onRetry};
	t.is(await reasonOf(connect({host, port, signal: controller.signal, retry})), 'enough');
	await reasonOf(connect({host: 'x.test', port, timeout: 10, lookup: () => {}}));
	t.deepEqual(told.attempts, [1]);
});

test.serial('500 retrying connects aborted at any moment leave no descriptor', async t => {
	const port = await closedPort(t);
	const before = descriptorCount();
	for (let round = 0; round < 25; round++) {
		await Promise.all(
			Array.from({length: 20}, async (_, index) => {
				const controller = new AbortController();
				const {signal} = controller;
				setTimeout(() => {
					controller.abort('enough');
				}, index / 4);
				const retry = {minDelay: 0.2, maxDelay: 1};
				t.is(await reasonOf(connect({host, port, signal, retry})), 'enough');
				t.is(getEventListeners(signal, 'abort').length, 0);
			}),
		);
	}

	t.is(descriptorCount(), before);
});

test('a unix path that appears later', async t => {
	const directory = await mkdtemp(join(tmpdir(), 'cotcp-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	const path = join(directory, 'socket');
	let listening: Promise<CoTcpServer> | undefined;
	const told = new Told(attempt => {
		if (attempt === 3) listening = serve(t, {path});
	});
	const connection = await connect({path, retry: {minDelay: 2, onRetry: told.onRetry}});
	t.is(connection.remoteAddress.path, path);
	t.is(told.errors[0]?.code, 'ENOENT');
	t.is(told.errors[0]?.address, path);
	await connection.close({timeout: 0});
	await (await listening)?.close({timeout: 0});
});

test('a unix path that may not be reached is final', async t => {
	const directory = await mkdtemp(join(tmpdir(), 'cotcp-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	const locked = join(directory, 'locked');
	await mkdir(locked);
	await chmod(locked, 0);
	const told = new Told();
	const retry = {minDelay: 1, maxAttempts: 2, onRetry: told.onRetry};
	const error = (await reasonOf(connect({path: join(locked, 'socket'), retry}))) as TcpError;
	await chmod(locked, 0o700);
	// The superuser may go everywhere: then there is nothing at that path, which is tried again.
	t.is(error.code, process.getuid?.() === 0 ? 'ENOENT' : 'EACCES');
	t.is(told.attempts.length, process.getuid?.() === 0 ? 1 : 0);
	t.is(error instanceof ResourceError, process.getuid?.() !== 0);
});

test('a local address of another family is final', async t => {
	const told = new Told();
	const error = (await reasonOf(
		connect({host, port: await closedPort(t), localAddress: '::1', retry: {onRetry: told.onRetry}}),
	)) as BrokenError;
	t.is(error.code, 'EAFNOSUPPORT');
	t.deepEqual(told.attempts, []);
});

test('attemptTimeout: a lookup that never answers is given up, and asked again', async t => {
	const server = await serve(t);
	let lookups = 0;
	const callBacks: Array<() => void> = [];
	const lookup = ((
		_host: string,
		_options: unknown,
		callback: (error: null, address: string, family: number) => void,
	) => {
		const callBack = (): void => {
			callback(null, host, 4);
		};
		if (++lookups >= 3) callBack();
		else callBacks.push(callBack);
	}) as unknown as LookupFunction;
	const told = new Told();
	const connection = await connect({
		host: 'slow.test',
		port: server.address.port,
		lookup,
		retry: {attemptTimeout: 500, minDelay: 1, onRetry: told.onRetry},
	});
	// On a busy machine a try that is answered may be late as well.
	t.true(lookups >= 3);
	t.deepEqual(told.attempts.slice(0, 2), [1, 2]);
	for (const error of told.errors) {
		t.true(error instanceof TimeoutError);
		t.is(error.code, 'ETIMEDOUT');
	}

	const {accepted} = server.stats;
	for (const callBack of callBacks) callBack(); // too late
	await turns(10);
	t.is(server.stats.accepted, accepted);
	await connection.close({timeout: 0});
});

test('a name that does not resolve is asked again', async t => {
	const server = await serve(t);
	let lookups = 0;
	const lookup = ((_host: string, _options: unknown, callback: (...results: unknown[]) => void) => {
		if (++lookups < 3) callback(Object.assign(new Error('no'), {code: lookups === 1 ? 'ENOTFOUND' : 'EAI_AGAIN'}));
		else callback(null, host, 4);
	}) as unknown as LookupFunction;
	const told = new Told();
	const {port} = server.address;
	const connection = await connect({host: 'new.test', port, lookup, retry: {minDelay: 1, onRetry: told.onRetry}});
	t.deepEqual(
		told.errors.map(({code, syscall}) => [code, syscall]),
		[
			['ENOTFOUND', 'getaddrinfo'],
			['EAI_AGAIN', 'getaddrinfo'],
		],
	);
	await connection.close({timeout: 0});
});

test.serial('attemptTimeout gives up a peer that does not answer', async t => {
	const server = await listen({host, port: 0, backlog: 1});
	t.teardown(async () => server.close({timeout: 0}));
	const {port} = server.address;
	const fillers = Array.from({length: 4}, () => net.connect({host, port}).on('error', () => {}));
	t.teardown(() => {
		for (const filler of fillers) filler.destroy();
	});
	await until(() => fillers.filter(({connecting}) => !connecting).length >= 2, 'a full backlog');
	const before = descriptorCount();
	const told = new Told(() => {
		t.is(descriptorCount(), before, 'the socket of the try is closed');
	});
	const retry = {attemptTimeout: 15, minDelay: 1, maxAttempts: 3, onRetry: told.onRetry};
	t.true((await reasonOf(connect({host, port, retry}))) instanceof TimeoutError);
	t.deepEqual(told.attempts, [1, 2]);
});

test('onRetry is not called from inside a call, and runs in the async context of connect', async t => {
	const port = await closedPort(t);
	const storage = new AsyncLocalStorage<string>();
	let isInside = true;
	const seen: unknown[] = [];
	const connecting = storage.run('mine', async () =>
		connect({
			host,
			port,
			retry: {
				minDelay: 1,
				maxAttempts: 4,
				onRetry() {
					t.false(isInside);
					seen.push(storage.getStore());
				},
			},
		}),
	);
	isInside = false;
	await reasonOf(connecting);
	t.deepEqual(seen, ['mine', 'mine', 'mine']);
});

test('a self-connect is tried again', async t => {
	const port = await quietPort();
	const told = new Told();
	const retry = {minDelay: 1, maxAttempts: 3, onRetry: told.onRetry};
	const error = (await reasonOf(connect({host, port, localAddress: host, localPort: port, retry}))) as TcpError;
	t.is(error.code, 'ECONNREFUSED');
	t.deepEqual(told.attempts, [1, 2]);
});

// processes of their own

test('waiting between two tries keeps the process alive, and nothing does afterwards', async t => {
	const outcome = await within(
		runChild(`
			let told = 0;
			const error = await cotcp.connect({host: '127.0.0.1', port: 1, retry: {minDelay: 60, maxAttempts: 2, onRetry: () => told++}})
				.catch(error => error);
			console.log(told, error.code);
		`),
		'the child',
	);
	t.deepEqual(outcome, {code: 0, signal: null, stdout: '1 ECONNREFUSED\n', stderr: ''});
});

test('a retrying connect that is aborted lets the process end', async t => {
	const outcome = await runChild(`
		const controller = new AbortController();
		const retry = {minDelay: 100_000, maxDelay: 100_000, onRetry: () => setImmediate(() => controller.abort('enough'))};
		console.log(await cotcp.connect({host: '127.0.0.1', port: 1, signal: controller.signal, retry}).catch(error => error));
	`);
	t.deepEqual(outcome, {code: 0, signal: null, stdout: 'enough\n', stderr: ''});
});

test('what onRetry throws is an uncaughtException, and the retrying goes on', async t => {
	const outcome = await runChild(`
		process.on('uncaughtException', error => console.log(error));
		const onRetry = (error, delay, attempt) => { throw 'mine ' + attempt; };
		const error = await cotcp.connect({host: '127.0.0.1', port: 1, retry: {minDelay: 1, maxAttempts: 3, onRetry}}).catch(error => error);
		console.log(error.code);
	`);
	t.is(outcome.stdout, 'mine 1\nmine 2\nECONNREFUSED\n');
});

const testInNamespace = mayUnshare() ? test : test.skip;

testInNamespace('among four local ports, 100 connects to a closed one never meet themselves', async t => {
	const outcome = await runChild(
		`
			// The unspecified address reaches a loopback one.
			const hosts = ['127.0.0.1', '0.0.0.0', '::1', '::', '::ffff:127.0.0.1'];
			const codes = new Map();
			const count = code => codes.set(code, (codes.get(code) ?? 0) + 1);
			for (const host of hosts) for (let round = 0; round < 100; round++) {
				await cotcp.connect({host, port: 40000}).then(connection => { count('connected'); connection.reset(); }, error => count(error.code));
			}
			let tries = 1;
			const retry = {minDelay: 0.1, maxDelay: 0.1, maxAttempts: 100, onRetry: () => tries++};
			await cotcp.connect({host: '127.0.0.1', port: 40000, retry}).then(() => count('connected'), error => count(error.code));
			console.log(JSON.stringify([[...codes], tries]));
		`,
		[],
		inNamespace,
	);
	t.is(outcome.stdout, '[[["ECONNREFUSED",501]],100]\n', outcome.stderr);
});

// options

test('wrong options reject with their name, before anything happens', async t => {
	const rows: ReadonlyArray<readonly [object, typeof TypeError | typeof RangeError, string]> = [
		[{maxAttempts: 0}, RangeError, 'retry.maxAttempts'],
		[{maxAttempts: '3'}, TypeError, 'retry.maxAttempts'],
		[{minDelay: Number.NaN}, RangeError, 'retry.minDelay'],
		[{minDelay: -5}, RangeError, 'retry.minDelay'],
		[{minDelay: 20, maxDelay: 10}, RangeError, 'retry.minDelay'],
		[{maxDelay: 0}, RangeError, 'retry.maxDelay'],
		[{attemptTimeout: 0}, RangeError, 'retry.attemptTimeout'],
		[{attemptTimeout: null}, TypeError, 'retry.attemptTimeout'],
		[{onRetry: 'log'}, TypeError, 'retry.onRetry'],
	];
	for (const [retry, kind, name] of rows) {
		const error = (await reasonOf(connect({port: 1, retry, signal: AbortSignal.abort()}))) as Error;
		t.true(error instanceof kind, String(error));
		t.true(error.message.includes(`"${name}"`), error.message);
	}

	for (const retry of [null, 5, 'yes', []] as never[]) {
		const error = (await reasonOf(connect({port: 1, retry}))) as Error;
		t.true(error instanceof TypeError);
		t.true(error.message.includes('"retry"'));
	}
});
