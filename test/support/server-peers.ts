/** Raw peers of a server under test, on node:net, which shares nothing with the library; and what a test waits for. */
import {Buffer} from 'node:buffer';
import {readdirSync} from 'node:fs';
import {createConnection, type Socket} from 'node:net';
import {performance} from 'node:perf_hooks';
import {setTimeout as delay} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import {
	listen,
	type ConnectionHandler,
	type CoTcpServer,
	type ListenOptions,
	type SocketAddress,
} from '../../src/index.js';

/** Longer than anything takes that works. */
const patienceMs = 30_000;

/** How a peer saw its connection end: by FIN, or by the error of that code. */
export type PeerEnd = 'end' | (string & {});

/** One raw connection: records what comes, and how it ends. Answers a FIN with its own unless told otherwise. */
export class Peer {
	readonly socket: Socket;
	/** Resolves when it is connected, or has ended: a reset right after it shows as a failure to connect. */
	readonly connected: Promise<void>;
	/** Resolves at the FIN or the error, whichever comes first. */
	readonly ended: Promise<PeerEnd>;
	readonly #chunks: Buffer[] = [];
	#length = 0;
	#onData: (() => void) | undefined;

	constructor(socket: Socket) {
		this.socket = socket;
		this.ended = new Promise(resolve => {
			socket.on('end', () => {
				resolve('end');
			});
			socket.on('error', (error: NodeJS.ErrnoException) => {
				resolve(error.code ?? error.message);
			});
			socket.on('close', () => {
				resolve('closed here');
			});
		});
		this.connected = new Promise(resolve => {
			socket.on('connect', resolve);
			void this.ended.then(() => {
				resolve();
			});
		});
		socket.on('data', (chunk: Buffer) => {
			this.#chunks.push(chunk);
			this.#length += chunk.length;
			this.#onData?.();
		});
	}

	get bytes(): Buffer {
		return Buffer.concat(this.#chunks);
	}

	get length(): number {
		return this.#length;
	}

	/** Resolves to everything so far once there are `length` bytes; rejects if the connection ends before. */
	async received(length: number): Promise<Buffer> {
		let isOver = false as boolean;
		void this.ended.then(() => {
			isOver = true;
			this.#onData?.();
		});
		while (this.#length < length) {
			if (isOver) throw new Error(`the peer got ${this.#length} of ${length} bytes: ${await this.ended}`);
			await new Promise<void>(resolve => {
				this.#onData = resolve;
			});
		}

		return this.bytes;
	}

	send(data: string | Uint8Array): void {
		this.socket.write(data);
	}

	/** FIN. */
	end(): void {
		this.socket.end();
	}

	/** RST. */
	reset(): void {
		this.socket.resetAndDestroy();
	}

	destroy(): void {
		this.socket.destroy();
	}
}

function place(to: SocketAddress | number): {port: number; host: string} | {path: string} {
	if (typeof to === 'number') return {port: to, host: '127.0.0.1'};
	if (to.path !== undefined) return {path: to.path};
	return {port: to.port, host: to.address === '::' || to.address === '0.0.0.0' ? '127.0.0.1' : to.address};
}

/** Begins to connect; the system call has been made when this returns. */
export function dialing(to: SocketAddress | number, options: {allowHalfOpen?: boolean} = {}): Peer {
	return new Peer(createConnection({...place(to), ...options, noDelay: true}));
}

/** Resolves when the kernel has connected it, accepted by the server or not, or the server has ended it already. */
export async function dial(to: SocketAddress | number, options: {allowHalfOpen?: boolean} = {}): Promise<Peer> {
	const peer = dialing(to, options);
	await peer.connected;
	return peer;
}

export async function dialMany(count: number, to: SocketAddress | number): Promise<Peer[]> {
	const peers = Array.from({length: count}, () => dialing(to));
	await Promise.all(peers.map(peer => peer.connected));
	return peers;
}

/** A server on 127.0.0.1 that is gone when the test is over. */
export async function serve<Context = unknown>(
	t: ExecutionContext,
	handler?: ConnectionHandler<Context>,
	options: ListenOptions<Context> = {},
): Promise<CoTcpServer<Context>> {
	const place = options.path === undefined ? {port: 0, host: '127.0.0.1'} : {};
	const server = await listen<Context>({...place, ...options}, handler);
	t.teardown(async () => {
		await server.close({timeout: 0});
	});
	return server;
}

/** Resolves when `fact` holds. Rejects, naming `what`, when it has not come true for a very long time. */
export async function until(what: string, fact: () => boolean): Promise<void> {
	const deadline = performance.now() + patienceMs;
	while (!fact()) {
		if (performance.now() > deadline) throw new Error(`it never came true that ${what}`);
		await delay(1);
	}
}

/** Everything that is ready by now in this process has been handled, several times over. */
export async function turns(count = 20): Promise<void> {
	for (let turn = 0; turn < count; turn++) await delay(1);
}

/** Descriptors of this process. */
export function openDescriptors(): number {
	return readdirSync('/proc/self/fd').length;
}

/** A promise and what settles it. */
export class Signpost<Value = void> {
	readonly reached: Promise<Value>;
	reach!: (value: Value) => void;

	constructor() {
		this.reached = new Promise(resolve => {
			this.reach = resolve;
		});
	}
}
