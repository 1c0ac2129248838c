import {performance} from 'node:perf_hooks';
import test, {type ExecutionContext} from 'ava';
import {ClosedError, type TcpError} from '../../src/index.js';
import {EventLoop, TcpClient, TcpServer, type TcpClientOptions, type TcpHandlers} from '../../src/reactor/index.js';
import {runChild} from '../support/child.js';
import {checkDescriptors} from '../support/descriptors.js';
import {inNamespace, mayUnshare} from '../support/namespace.js';
import {quietPort} from '../support/quiet-port.js';
import {turns, until} from '../support/server-peers.js';

checkDescriptors(test);

const loop = EventLoop.current();
const host = '127.0.0.1';
const reactor = new URL('../../src/reactor/index.ts', import.meta.url).href;

async function serve(t: ExecutionContext, port = 0, handlers: TcpHandlers = {}): Promise<TcpServer> {
	const server = new TcpServer(loop, {host, port}, handlers);
	await server.start();
	t.teardown(async () => server.stop({timeout: 0}));
	return server;
}

function makeClient(t: ExecutionContext, options: TcpClientOptions, handlers: TcpHandlers = {}): TcpClient {
	const client = new TcpClient(loop, {host, ...options}, handlers);
	t.teardown(async () => client.stop({timeout: 0}));
	return client;
}

test('a peer that refuses five times and then accepts: delays double within the jitter, and each is waited for', async t => {
	const port = await quietPort();
	const [minDelay, maxDelay] = [4, 30];
	const told: Array<{code: string; delay: number; attempt: number; at: number}> = [];
	let server: Promise<TcpServer> | undefined;
	let ups = 0;
	const client = makeClient(
		t,
		{
			port,
			retry: {
				minDelay,
				maxDelay,
				onRetry(error, delay, attempt) {
					told.push({code: error.code, delay, attempt, at: performance.now()});
					if (attempt === 5) server = serve(t, port);
				},
			},
		},
		{
			onConnection({state}) {
				if (state === 'connected') ups++;
			},
		},
	);
	client.connect();
	await until('it is up', () => ups === 1);
	await server;
	t.true(told.length >= 5);
	for (const [index, {code, delay, attempt, at}] of told.entries()) {
		const plain = Math.min(minDelay * 2 ** index, maxDelay);
		t.is(code, 'ECONNREFUSED');
		t.is(attempt, index + 1);
		t.true(delay >= Math.max(0.75 * plain, minDelay) && delay <= Math.min(1.25 * plain, maxDelay), `${delay}`);
		const next = told[index + 1];
		if (next !== undefined) t.true(next.at >= at + delay, `${next.at - at} after ${delay}`);
	}

	t.true(new Set(told.map(({delay}) => delay)).size > 1);
	await client.stop();
});

test('without options the first delay is 500 to 625 ms', async t => {
	const port = await quietPort();
	let first = 0;
	const client = makeClient(t, {port, retry: {onRetry: (_error, delay) => (first = delay)}});
	client.connect();
	await until('it is told', () => first > 0);
	t.true(first >= 500 && first <= 625, `${first}`);
	await client.stop();
});

test('stopped at any moment of trying, nobody is called any more, and no timer is left', async t => {
	const port = await quietPort();
	for (let round = 0; round < 40; round++) {
		let calls = 0;
		const count = (): void => {
			calls++;
		};
		const client = makeClient(t, {port, retry: {minDelay: 0.2, maxDelay: 0.5, onRetry: count}}, {onError: count});
		client.connect();
		const end = performance.now() + round / 10;
		while (performance.now() < end) await turns(0);
		if (round % 2 === 0) await turns(round % 5);
		const before = calls;
		const stopped = client.stop();
		t.is(calls, before);
		await stopped;
		await turns(2);
		t.is(calls, before);
	}
});

test('stop inside onRetry is the last call', async t => {
	const port = await quietPort();
	let calls = 0;
	const client = makeClient(t, {
		port,
		retry: {
			minDelay: 1,
			maxDelay: 1,
			onRetry() {
				calls++;
				void client.stop();
			},
		},
	});
	client.connect();
	await until('it has failed', () => calls === 1);
	await turns(10);
	t.is(calls, 1);
});

test('tries used up: onError hears of the last failure, and connect begins anew', async t => {
	const port = await quietPort();
	const errors: unknown[] = [];
	const retries: number[] = [];
	const retry = {
		maxAttempts: 3,
		minDelay: 1,
		maxDelay: 1,
		onRetry: (_e: TcpError, _d: number, n: number) => void retries.push(n),
	};
	const client = makeClient(t, {port, retry}, {onError: error => void errors.push(error)});
	client.connect();
	await until('it has given up', () => errors.length === 1);
	client.connect();
	await until('it has given up again', () => errors.length === 2);
	t.deepEqual(retries, [1, 2, 1, 2]);
	t.deepEqual(
		errors.map(error => (error as TcpError).code),
		['ECONNREFUSED', 'ECONNREFUSED'],
	);
});

test('a failure that no other try can change is final, in spite of retry', async t => {
	let retries = 0;
	const errors: unknown[] = [];
	const client = makeClient(
		t,
		{
			port: 9,
			localAddress: '::1',
			retry: {
				onRetry() {
					retries++;
				},
			},
		},
		{onError: error => void errors.push(error)},
	);
	client.connect();
	await until('it is told', () => errors.length === 1);
	t.is((errors[0] as TcpError).code, 'EAFNOSUPPORT');
	t.is(retries, 0);
});

test('without retry, connect inside onClose connects again', async t => {
	const server = await serve(t, 0, {
		onConnection: connection => connection.state === 'connected' && connection.shutdown(),
	});
	let ups = 0;
	const client = makeClient(
		t,
		{port: server.address.port, retry: false},
		{
			onConnection({state}) {
				if (state === 'connected') ups++;
			},
			onClose() {
				if (ups < 4) client.connect();
			},
		},
	);
	client.connect();
	await until('it has come back three times', () => ups === 4 && client.connection === undefined);
	await turns(5);
	t.is(ups, 4);
});

test('connect while the connection is ending connects again when it has ended, unless disconnect follows', async t => {
	const server = await serve(t);
	let ups = 0;
	let closes = 0;
	const client = makeClient(
		t,
		{port: server.address.port, retry: false},
		{
			onConnection({state}) {
				if (state === 'connected') ups++;
			},
			onClose() {
				closes++;
			},
		},
	);
	client.connect();
	await until('it is up', () => ups === 1);
	client.connect(); // it is connected: nothing
	client.disconnect();
	client.connect();
	await until('it is up again', () => ups === 2);
	t.is(closes, 1);
	client.disconnect();
	client.connect();
	client.disconnect();
	await until('it is over', () => closes === 2);
	await turns(10);
	t.is(ups, 2);
	t.is(client.connection, undefined);
});

test('no function of the user runs inside connect, disconnect and stop', async t => {
	let isInside = false;
	let calls = 0;
	const note = (): void => {
		calls++;
		if (isInside) throw new Error('called from inside');
	};
	const lookup = (_host: string, _options: unknown, callback: (error: Error) => void): void => {
		note();
		callback(new Error('no such name'));
	};
	const client = makeClient(
		t,
		{
			host: 'name.test',
			port: 1,
			lookup: lookup as never,
			retry: {maxAttempts: 2, minDelay: 1, maxDelay: 1, onRetry: note},
		},
		{onError: note, onConnection: note, onClose: note},
	);
	const inside = (call: () => unknown): void => {
		isInside = true;
		void call();
		isInside = false;
	};
	inside(() => client.connect());
	await until('it has given up', () => calls === 4);
	inside(() => client.connect());
	inside(() => client.disconnect());
	inside(async () => client.stop());
	await turns(10);
	t.true(calls === 4 || calls === 5, `${calls}`);
});

test('stop resolves when the last callback has been called, by itself or by force', async t => {
	for (const timeout of [0, 5, 10_000]) {
		const log: string[] = [];
		const note = (word: string) => (): void => void log.push(word);
		const isStubborn = timeout < 10_000;
		const server = await serve(t, 0, {
			onEnd(connection) {
				if (!isStubborn) connection.shutdown();
			},
			onClose: note('server'),
		});
		const client = makeClient(t, {port: server.address.port}, {onClose: note('client'), onEnd() {}});
		client.connect();
		await until('both are up', () => server.connections.size === 1 && client.connection?.state === 'connected');
		await client.stop({timeout});
		t.true(log.includes('client'), `client, ${timeout}`);
		await server.stop({timeout});
		t.true(log.includes('server'), `server, ${timeout}`);
	}
});

test('a start that failed may be tried again; a connection that left hears of stop later, not inside it', async t => {
	const first = await serve(t);
	const second = new TcpServer(loop, {host, port: first.address.port});
	await t.throwsAsync(second.start(), {code: 'EADDRINUSE'});
	await first.stop();
	await second.start();
	t.is(second.address.port, first.address.port);
	const client = makeClient(t, {port: second.address.port});
	client.connect();
	await until('it is there', () => second.connections.size === 1 && client.connection?.state === 'connected');
	const [connection] = second.connections;
	await until('it is up', () => connection?.state === 'connected');
	const awaitable = connection?.toAwaitable();
	let isInside = true;
	let wasInside: boolean | undefined;
	awaitable?.draining.addEventListener('abort', () => (wasInside = isInside));
	const stopped = second.stop();
	isInside = false;
	await stopped;
	await until('it is told', () => wasInside !== undefined);
	t.false(wasInside);
	await awaitable?.close({timeout: 0});
	await t.throwsAsync(second.start(), {instanceOf: ClosedError});
});

const testInNamespace = mayUnshare() ? test : test.skip;

testInNamespace('among four local ports, a client that tries 100 times never meets itself', async t => {
	const outcome = await runChild(
		`
			const {EventLoop, TcpClient} = await import(${JSON.stringify(reactor)});
			for (const host of ['127.0.0.1', '0.0.0.0', '::']) {
				let tries = 1, ups = 0;
				const retry = {minDelay: 0.1, maxDelay: 0.1, maxAttempts: 100, onRetry: () => tries++};
				await new Promise(resolve => {
					const onError = error => { console.log(error.code, tries, ups); resolve(); };
					const onConnection = () => ups++;
					new TcpClient(EventLoop.current(), {host, port: 40000, retry}, {onError, onConnection}).connect();
				});
			}
		`,
		[],
		inNamespace,
	);
	t.is(outcome.stdout, 'ECONNREFUSED 100 0\n'.repeat(3), outcome.stderr);
});

test('a client keeps the process alive while it tries, unless unref says otherwise', async t => {
	const program = (more: string): string => `
		const {EventLoop, TcpClient} = await import(${JSON.stringify(reactor)});
		let failures = 0;
		const onRetry = () => { if (++failures === 3) { console.log('three'); void client.stop(); } };
		const client = new TcpClient(EventLoop.current(), {host: '127.0.0.1', port: 1, retry: {minDelay: 5, maxDelay: 5, onRetry}}, {});
		client.connect();
		${more}
	`;
	t.is((await runChild(program(''))).stdout, 'three\n');
	const unref = await runChild(program('client.unref();'));
	t.is(unref.stdout, '');
	t.is(unref.code, 0);
});
