/** A peer on node:net, with nothing of ours in it: reads only when told to, half-open, can reset. */
import type net from 'node:net';
import {within} from './wait.js';

export class NetPeer {
	readonly socket: net.Socket;
	/** 'end' for a FIN, else the code of the error. */
	readonly ended: Promise<string>;
	#chunks: Buffer[] = [];
	#bytes = 0;
	#state: string | undefined;
	#wake: (() => void) | undefined;

	/** `socket` must be half-open and paused. */
	constructor(socket: net.Socket) {
		this.socket = socket;
		this.ended = new Promise(resolve => {
			const settle = (state: string): void => {
				this.#state ??= state;
				resolve(this.#state);
				this.#wake?.();
			};
			socket.once('end', () => {
				settle('end');
			});
			socket.once('error', (error: NodeJS.ErrnoException) => {
				settle(error.code ?? error.message);
			});
			socket.once('close', () => {
				settle('close');
			});
		});
		socket.on('data', (chunk: Buffer) => {
			this.#chunks.push(chunk);
			this.#bytes += chunk.length;
			this.#wake?.();
		});
		socket.pause();
	}

	/** Begins to receive; from now on a FIN or a reset shows in `ended`. */
	receive(): this {
		this.socket.resume();
		return this;
	}

	pause(): this {
		this.socket.pause();
		return this;
	}

	get receivedBytes(): number {
		return this.#bytes;
	}

	/** What has been received so far, taken out. */
	take(): Buffer {
		const all = Buffer.concat(this.#chunks);
		this.#chunks = [];
		this.#bytes = 0;
		return all;
	}

	/** The next `count` bytes. */
	async readExactly(count: number): Promise<Buffer> {
		this.receive();
		await within(
			this.#until(() => this.#bytes >= count || this.#state !== undefined),
			`${count} bytes at the peer`,
		);
		const all = this.take();
		if (all.length < count)
			throw new Error(`The peer got ${all.length} bytes instead of ${count}, then ${this.#state}`);
		const rest = all.subarray(count);
		if (rest.length > 0) this.#chunks.push(rest);
		this.#bytes = rest.length;
		return all.subarray(0, count);
	}

	/** Everything to the FIN; rejects if it ends otherwise. */
	async readAll(): Promise<Buffer> {
		this.receive();
		const state = await within(this.ended, 'the end at the peer', 60_000);
		if (state !== 'end') throw new Error(`The peer saw ${state} instead of a FIN`);
		return this.take();
	}

	/** Resolves when the kernel has it. */
	async send(data: Uint8Array | string): Promise<void> {
		return new Promise((resolve, reject) => {
			this.socket.write(data, error => {
				if (error) reject(error);
				else resolve();
			});
		});
	}

	/** FIN, after what has been written. */
	async end(): Promise<void> {
		return new Promise(resolve => {
			this.socket.end(resolve);
		});
	}

	/** RST, now. A unix socket knows none: it is closed. */
	reset(): void {
		this.socket.on('error', () => {});
		if (this.socket.remoteAddress === undefined) this.socket.destroy();
		else this.socket.resetAndDestroy();
	}

	async #until(fact: () => boolean): Promise<void> {
		while (!fact()) {
			await new Promise<void>(resolve => {
				this.#wake = resolve;
			});
		}
	}
}
