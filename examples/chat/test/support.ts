import {createConnection, type Socket} from 'node:net';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {startProgram, type ListeningProgram} from '../../shared/child-program.js';

export const serverPath: string = fileURLToPath(new URL('../server.ts', import.meta.url));

export async function startChat(t: ExecutionContext, threads: number): Promise<ListeningProgram> {
	const program = await startProgram(serverPath, ['--port', '0', '--threads', String(threads)]);
	t.teardown(async () => {
		await program[Symbol.asyncDispose]();
	});
	return program;
}

/** A client on a raw socket, which remembers what it has heard. */
export class Client {
	readonly socket: Socket;
	heard = '';
	readonly #waiting: Array<() => void> = [];
	#isOver = false;

	private constructor(socket: Socket) {
		this.socket = socket;
		socket.setEncoding('utf8').on('data', (text: string) => {
			this.heard += text;
			this.#wake();
		});
		socket.on('error', () => {});
		socket.on('close', () => {
			this.#isOver = true;
			this.#wake();
		});
	}

	static async connect(t: ExecutionContext, port: number): Promise<Client> {
		const socket = createConnection({port, host: '127.0.0.1'});
		t.teardown(() => {
			socket.destroy();
		});
		await new Promise((resolve, reject) => {
			socket.once('connect', resolve);
			socket.once('error', reject);
		});
		return new Client(socket);
	}

	say(text: string): void {
		this.socket.write(text);
	}

	/** Resolves when it has heard that. */
	async hears(text: string): Promise<void> {
		await this.#until(() => this.heard.includes(text));
	}

	async ended(): Promise<void> {
		await this.#until(() => this.#isOver);
	}

	#wake(): void {
		for (const wake of this.#waiting.splice(0)) wake();
	}

	async #until(fact: () => boolean): Promise<void> {
		while (!fact()) {
			if (this.#isOver) throw new Error(`it has ended, and heard ${this.heard.slice(0, 200)}`);
			await new Promise<void>(resolve => {
				this.#waiting.push(resolve);
			});
		}
	}
}

/** Everybody is in the room: says one thing and has all of them hear it. */
export async function join(clients: readonly Client[]): Promise<void> {
	// Connected does not mean taken: who hears himself is a member.
	await Promise.all(
		clients.map(async (client, index) => {
			client.say(`here is ${index}.\n`);
			await client.hears(`here is ${index}.\n`);
		}),
	);
}
