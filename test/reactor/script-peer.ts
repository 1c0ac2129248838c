/** The other side of a script, on the coroutine face: it can reset even behind its own end, which node:net cannot. */
import {connect, type CoTcpConnection, type SocketAddress, type TcpError} from '../../src/index.js';

export class ScriptPeer {
	/** 'end' or the code of the error, once its reading has come to that. */
	readonly ended: Promise<string>;
	readonly #connection: CoTcpConnection;
	#received = 0;
	#isOver = false;
	#resume: (() => void) | undefined;
	#isPaused: Promise<void> | undefined;

	private constructor(connection: CoTcpConnection) {
		this.#connection = connection;
		this.ended = this.#read();
	}

	static async dial({address: host, port}: SocketAddress): Promise<ScriptPeer> {
		return new ScriptPeer(await connect({host, port}));
	}

	get received(): number {
		return this.#received;
	}

	get isOver(): boolean {
		return this.#isOver;
	}

	say(bytes: Uint8Array | string): void {
		this.#connection.send(bytes).catch(() => undefined);
	}

	end(): void {
		this.#connection.shutdown().catch(() => undefined);
	}

	reset(): void {
		this.#isOver = true;
		this.#connection.reset();
		this.resume();
	}

	pause(): void {
		this.#isPaused ??= new Promise(resolve => {
			this.#resume = resolve;
		});
	}

	resume(): void {
		this.#isPaused = undefined;
		this.#resume?.();
	}

	async #read(): Promise<string> {
		try {
			for (;;) {
				await this.#isPaused;
				const chunk = await this.#connection.read();
				if (chunk === null) return 'end';
				this.#received += chunk.length;
			}
		} catch (error) {
			return (error as TcpError).code;
		}
	}
}
