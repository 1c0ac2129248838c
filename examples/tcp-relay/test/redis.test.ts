import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {createInterface} from 'node:readline';
import {buffer} from 'node:stream/consumers';
import {promisify} from 'node:util';
import type {ExecutionContext} from 'ava';
import {host, KiB, randomBytes, serveUpstream, startRelay, styleNames, testWith} from './support.js';

/** Resolves to its port. */
async function startRedis(t: ExecutionContext): Promise<number> {
	// Redis cannot choose a free port itself.
	const placeholder = await serveUpstream(() => {});
	await placeholder.close();
	const {port} = placeholder.address;
	const folder = await mkdtemp(`${tmpdir()}/cotcp-redis-`);
	const options = ['--port', port, '--bind', host, '--save', '', '--appendonly', 'no', '--dir', folder];
	const server = spawn('redis-server', options.map(String), {stdio: ['ignore', 'pipe', 'inherit']});
	t.teardown(async () => {
		server.kill('SIGKILL');
		await once(server, 'close');
		await rm(folder, {recursive: true, force: true});
	});
	for await (const line of createInterface({input: server.stdout})) {
		if (!line.includes('Ready to accept connections')) continue;
		server.stdout.resume();
		return port;
	}

	throw new Error('Redis did not start');
}

async function redisCli(port: number, args: readonly string[], input?: Buffer): Promise<Buffer> {
	const child = spawn('redis-cli', ['-h', host, '-p', String(port), ...args], {stdio: ['pipe', 'pipe', 'inherit']});
	child.stdin.end(input);
	return buffer(child.stdout);
}

for (const style of styleNames) {
	const {run, suffix} = testWith('redis-server', 'redis-cli', 'redis-benchmark');
	run(`${style}: redis-benchmark, pipelined and with large values, through it${suffix}`, async t => {
		await using relay = await startRelay(style, await startRedis(t));
		const benchmark = async (...args: string[]) =>
			promisify(execFile)('redis-benchmark', ['-h', host, '-p', String(relay.port), '--csv', ...args]);
		const tests = ['set', 'get', 'incr', 'lpush', 'mset'];
		const small = await benchmark('-t', tests.join(','), '-n', '20000', '-c', '50', '-P', '16');
		t.is(small.stdout.trim().split('\n').length, 1 + tests.length, small.stdout + small.stderr);
		const large = await benchmark('-t', 'set,get', '-n', '500', '-c', '10', '-d', String(256 * KiB));
		t.is(large.stdout.trim().split('\n').length, 3, large.stdout + large.stderr);
		t.is(relay.errors(), '');
	});

	run(`${style}: a value of 8 MiB comes back from Redis as it was${suffix}`, async t => {
		const port = await startRedis(t);
		await using relay = await startRelay(style, port);
		const value = Buffer.from(randomBytes(4096 * KiB).toString('hex'));
		t.is(String(await redisCli(relay.port, ['-x', 'set', 'key'], value)).trim(), 'OK');
		t.true((await redisCli(port, ['get', 'key'])).subarray(0, value.length).equals(value));
		t.true((await redisCli(relay.port, ['get', 'key'])).subarray(0, value.length).equals(value));
	});
}
