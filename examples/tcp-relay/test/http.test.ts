import {execFile} from 'node:child_process';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {Agent, createServer, request, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {buffer} from 'node:stream/consumers';
import {promisify} from 'node:util';
import test from 'ava';
import {isSoak} from '../../../test/support/scale.js';
import {host, MiB, randomBytes, startRelay, styleNames, testWith} from './support.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const content = randomBytes(32 * MiB);
const contentHash = sha256(content);

/** GET: the content; POST: the hash of the body; anything else under /echo: the path. */
async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
	if (incoming.url !== '/content') response.end(incoming.url);
	else if (incoming.method === 'POST') response.end(sha256(await buffer(incoming)));
	else response.end(content);
}

interface HttpServer extends AsyncDisposable {
	readonly port: number;
	/** So far. */
	connections(): number;
}

async function serveHttp(): Promise<HttpServer> {
	const server = createServer((incoming, response) => void answer(incoming, response));
	let connections = 0;
	server.on('connection', () => connections++);
	server.listen(0, host);
	await once(server, 'listening');
	return {
		port: (server.address() as AddressInfo).port,
		connections: () => connections,
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}

/** Resolves to the body of the answer. */
async function ask(agent: Agent, port: number, path: string, body?: Buffer): Promise<Buffer> {
	const method = body === undefined ? 'GET' : 'POST';
	const outgoing = request({agent, host, port, path, method}).end(body);
	const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
	return buffer(response);
}

const requests = isSoak ? 2000 : 400;
for (const style of styleNames) {
	test.serial(`${style}: ${requests} requests over 20 connections that are kept alive`, async t => {
		await using server = await serveHttp();
		await using relay = await startRelay(style, server.port);
		const agent = new Agent({keepAlive: true, maxSockets: 20});
		const answers = await Promise.all(
			Array.from({length: requests}, async (_, index) => String(await ask(agent, relay.port, `/${index}`))),
		);
		t.deepEqual(
			answers,
			answers.map((_, index) => `/${index}`),
		);
		t.is(server.connections(), 20);
		agent.destroy();
		t.is(relay.errors(), '');
	});

	test.serial(`${style}: big bodies up and down at once, with equal hashes`, async t => {
		await using server = await serveHttp();
		await using relay = await startRelay(style, server.port);
		const agent = new Agent({keepAlive: true});
		const bodies = await Promise.all(
			Array.from({length: 6}, async (_, index) =>
				ask(agent, relay.port, '/content', index % 2 === 0 ? content : undefined),
			),
		);
		for (const [index, body] of bodies.entries()) t.is(index % 2 === 0 ? String(body) : sha256(body), contentHash);
		agent.destroy();
		t.is(relay.errors(), '');
	});

	const {run, suffix} = testWith('curl');
	run(`${style}: curl downloads and uploads through it, with equal hashes${suffix}`, async t => {
		const folder = await mkdtemp(join(tmpdir(), 'cotcp-tcp-relay-'));
		t.teardown(async () => rm(folder, {recursive: true, force: true}));
		const [sent, received] = [join(folder, 'sent'), join(folder, 'received')];
		await writeFile(sent, content);
		await using server = await serveHttp();
		await using relay = await startRelay(style, server.port);
		const url = `http://${host}:${relay.port}`;
		const curl = async (...args: string[]) =>
			promisify(execFile)('curl', ['--silent', '--show-error', '--fail', '--noproxy', '*', ...args]);
		await curl('--output', received, `${url}/content`);
		t.is(sha256(await readFile(received)), contentHash);
		// curl waits for "100 Continue" before it sends so much.
		t.is((await curl('--data-binary', `@${sent}`, `${url}/content`)).stdout, contentHash);
		const connections = server.connections();
		t.is((await curl(`${url}/[0-99]`)).stdout, Array.from({length: 100}, (_, index) => `/${index}`).join(''));
		t.is(server.connections(), connections + 1);
	});
}
