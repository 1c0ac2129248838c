import {spawn} from 'node:child_process';
import {createHash, randomFillSync} from 'node:crypto';
import {once} from 'node:events';
import {mkdtemp, open, readdir, readFile, readlink, rm, writeFile} from 'node:fs/promises';
import {connect, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';
import {KiB, MiB} from '../../shared/units.js';
import {typeScriptArguments} from '../../shared/type-script.js';
import type {RunningServer} from '../start-server.js';

export const modeNames = ['whole', 'chunked', 'owned', 'sendfile'] as const;

/** A mode in a style. */
export interface Way {
	readonly title: string;
	readonly mode: (typeof modeNames)[number];
	/** Of server.ts. */
	readonly options: readonly string[];
}

export const ways: readonly Way[] = [
	...modeNames.map(mode => ({title: `mode ${mode}`, mode, options: ['--mode', mode]})),
	...modeNames
		.filter(mode => mode !== 'sendfile')
		.map(mode => ({
			title: `mode ${mode} in reactor style`,
			mode,
			options: ['--mode', mode, '--style', 'reactor'],
		})),
];

/** Those that read the file while it goes out. */
export const streamingWays: readonly Way[] = ways.filter(({mode}) => mode !== 'whole');

export const host = '127.0.0.1';

/** How a stream came in. */
export interface Received {
	readonly ending: 'end' | 'reset';
	readonly length: number;
	/** Hexadecimal SHA-256. */
	readonly digest: string;
}

export interface Finished {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

export async function makeFolder(): Promise<string> {
	return mkdtemp(join(tmpdir(), 'cotcp-file-transfer-'));
}

export async function removeFolder(folder: string): Promise<void> {
	await rm(folder, {recursive: true, force: true});
}

export function sha256(bytes: Uint8Array | string): string {
	return createHash('sha256').update(bytes).digest('hex');
}

/** Random content; resolves to it. */
export async function writeRandom(path: string, size: number): Promise<Buffer> {
	const content = randomFillSync(Buffer.alloc(size));
	await writeFile(path, content);
	return content;
}

/** A hole with a few bytes behind it; resolves to the SHA-256 of the whole. */
export async function writeSparse(path: string, size: number, tail = 'the end'): Promise<string> {
	const file = await open(path, 'w');
	await file.truncate(size);
	await file.write(tail, size - tail.length);
	await file.close();
	const hash = createHash('sha256');
	const zeros = Buffer.alloc(MiB);
	for (let left = size - tail.length; left > 0; left -= zeros.length)
		hash.update(zeros.subarray(0, Math.min(left, zeros.length)));
	return hash.update(tail).digest('hex');
}

/** Everything up to the clean end, by node:net. */
export async function receive(port: number): Promise<Received> {
	return receiveFrom(connect(port, host));
}

export async function receiveFrom(socket: Socket): Promise<Received> {
	const hash = createHash('sha256');
	let length = 0;
	for await (const chunk of socket as AsyncIterable<Buffer>) {
		hash.update(chunk);
		length += chunk.length;
	}

	return {ending: 'end', length, digest: hash.digest('hex')};
}

/** A node:net client that goes away after at least `bytes` bytes, by FIN or by RST; resolves when its socket is closed. */
export async function vanish(port: number, bytes: number, how: 'destroy' | 'resetAndDestroy'): Promise<void> {
	const socket: Socket = connect(port, host);
	let length = 0;
	socket.on('data', (chunk: Buffer) => {
		length += chunk.length;
		if (length >= bytes) socket[how]();
	});
	await once(socket, 'close');
}

/** The client in plain_client.py; it stops after `pauseAt` bytes until `goOn`. */
export async function startPlainClient(port: number, pauseAt = 0): Promise<{goOn(): Promise<Received>}> {
	const program = fileURLToPath(new URL('plain_client.py', import.meta.url));
	const child = spawn('python3', [program, host, String(port), String(pauseAt)], {
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
	if (pauseAt > 0) await lines.next();
	return {
		async goOn() {
			child.stdin.end('\n');
			const line = await lines.next();
			return JSON.parse(String(line.value)) as Received;
		},
	};
}

export async function receiveByPlainClient(port: number): Promise<Received> {
	const client = await startPlainClient(port);
	return client.goOn();
}

/** Resolves when the server has written to stderr what matches. */
export async function errorComes(server: RunningServer, pattern: RegExp): Promise<void> {
	while (!pattern.test(server.errors())) await once(server.stderr, 'data');
}

const programs = {
	'server.ts': new URL('../server.ts', import.meta.url),
	'client.ts': new URL('../client.ts', import.meta.url),
	'demo.ts': new URL('../demo.ts', import.meta.url),
};

/** Runs a program of the example to its end. */
export async function run(
	program: keyof typeof programs,
	args: readonly string[],
	folder?: string,
	loader = typeScriptArguments,
): Promise<Finished> {
	const path = fileURLToPath(programs[program]);
	const child = spawn(process.execPath, [...loader, path, ...args], {
		cwd: folder,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const closed = once(child, 'close') as Promise<[number | null]>;
	const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
	return {code, stdout, stderr};
}

/** Sockets and the file: what a connection could leave open. Other descriptors belong to Node. */
export async function countDescriptors(pid: number, path: string): Promise<number> {
	const folder = `/proc/${pid}/fd`;
	const links = await Promise.all(
		(await readdir(folder)).map(async name => readlink(join(folder, name)).catch(() => '')),
	);
	return links.filter(link => link === path || link.startsWith('socket:')).length;
}

// What nobody closes, Node's garbage collector closes after minutes: that does not count.
const mostMs = 30_000;

/** Resolves when the process has as many of them as that. */
export async function descriptorsAre(pid: number, path: string, count: number): Promise<void> {
	const end = performance.now() + mostMs;
	for (let open = NaN; open !== count;) {
		if (performance.now() > end) throw new Error(`${open} descriptors are open, not ${count}`);
		open = await countDescriptors(pid, path);
	}
}

/** `VmRSS` or `VmHWM`, in bytes. */
export async function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * KiB;
}
