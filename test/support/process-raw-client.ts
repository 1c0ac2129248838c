/** Raw TCP clients in another process, on Python's sockets: for tests of how a connection ends. */
import {spawn, type ChildProcessByStdio} from 'node:child_process';
import {createInterface, type Interface} from 'node:readline';
import type {Readable, Writable} from 'node:stream';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';

const script = fileURLToPath(new URL('process-raw-client.py', import.meta.url));

export interface RawResult {
	readonly bytes: number;
	/** 'end' for a FIN, else the name of the errno. */
	readonly end: string;
	/** The first bytes, as latin1. */
	readonly head: string;
}

/** So many connections to one port, which read nothing until they are told. */
export class RawClients {
	readonly #child: ChildProcessByStdio<Writable, Readable, null>;
	readonly #lines: AsyncIterableIterator<string>;

	private constructor(child: ChildProcessByStdio<Writable, Readable, null>, lines: Interface) {
		this.#child = child;
		this.#lines = lines[Symbol.asyncIterator]();
	}

	/** Resolves when all are connected. `receiveBytes`: SO_RCVBUF of each, 0 for the kernel's own. */
	static async connect(
		t: ExecutionContext,
		port: number,
		count = 1,
		{receiveBytes = 0}: {receiveBytes?: number} = {},
	): Promise<RawClients> {
		const child = spawn('python3', [script, '127.0.0.1', String(port), String(count), String(receiveBytes)], {
			stdio: ['pipe', 'pipe', 'inherit'],
		});
		child.stdin.on('error', () => {}); // it is gone
		t.teardown(() => {
			child.kill('SIGKILL');
		});
		const clients = new RawClients(child, createInterface({input: child.stdout}));
		await clients.#line();
		return clients;
	}

	/** The same text on each connection. */
	async send(text: string): Promise<void> {
		this.#child.stdin.write(`send ${text}\n`);
		await this.#line();
	}

	/** Begins to read. Resolves when all connections have ended. */
	async read(): Promise<RawResult[]> {
		this.#child.stdin.write('read\n');
		const results = JSON.parse(await this.#line()) as RawResult[];
		this.#child.stdin.end();
		return results;
	}

	/** As read, where there is only one. */
	async readOne(): Promise<RawResult> {
		const [result] = await this.read();
		if (result === undefined) throw new Error('there is no connection');
		return result;
	}

	async #line(): Promise<string> {
		const {value, done} = (await this.#lines.next()) as IteratorResult<string, undefined>;
		if (done === true) throw new Error('the raw clients have ended');
		return value;
	}
}
