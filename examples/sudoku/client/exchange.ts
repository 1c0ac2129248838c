import {connect, TimeoutError, type CoTcpConnection} from 'cotcp';
import {formatRequest, parseAnswer, refusals} from './answer.js';
import {AnswerError, AnswerLines, quote} from './answer-lines.js';
import {PendingById, PendingInOrder, type Pending, type Request} from './pending.js';

export interface Server {
	readonly host: string;
	readonly port: number;
	/** Ms without an answer while one is due. */
	readonly timeout: number;
	/** Requests have ids, so that answers may come in any order. */
	readonly ids: boolean;
}

export interface AnswerHandlers {
	/** `at`: ms of `performance.now`. */
	onAnswer(request: Request, body: string, at: number): void;
	/** All answers of one piece of the stream have been told, so many. The place to ask for more. */
	onAnswers?(count: number): void;
}

/**
 * Requests and answers of one connection. Writes take whatever has been asked since the last one; the reader is one loop, which ends with the stream. The end
 * is in good order if all requests are answered and none is to come.
 */
export class Exchange {
	readonly #connection: CoTcpConnection;
	readonly #grids: readonly string[];
	readonly #timeout: number;
	readonly #pending: Pending;
	#output = '';
	#isSending = false;
	#isFinishing = false;
	#isOver = false;
	/** Ms of `performance.now`: the last answer, or the first request after which one is due. */
	#since = performance.now();

	static async open(server: Server, grids: readonly string[]): Promise<Exchange> {
		const {host, port, timeout} = server;
		// What waits for a slow server is bounded by what is asked; that it takes nothing at all is told by the timeout.
		const connection = await connect({host, port, timeout, maxPendingBytes: Infinity, resetUnlessClosed: true});
		return new Exchange(connection, server, grids);
	}

	private constructor(connection: CoTcpConnection, {timeout, ids}: Server, grids: readonly string[]) {
		this.#connection = connection;
		this.#grids = grids;
		this.#timeout = timeout;
		this.#pending = ids ? new PendingById() : new PendingInOrder();
	}

	/** Requests without an answer. */
	get pending(): number {
		return this.#pending.size;
	}

	/** No answer comes any more. */
	get isOver(): boolean {
		return this.#isOver;
	}

	/** Sends them together, as soon as the connection takes them. */
	ask(requests: readonly Request[]): void {
		if (this.#pending.size === 0) this.#since = performance.now();
		let text = '';
		for (const request of requests)
			text += formatRequest(this.#pending.add(request), this.#grids[request.grid] ?? '');
		this.#output += text;
		if (!this.#isSending) void this.#sendAll();
	}

	/** No more requests: half-closes when all are answered. */
	finish(): void {
		if (this.#pending.size === 0) this.#since = performance.now();
		this.#isFinishing = true;
		this.#shutdownIfDone();
	}

	/** Ends the connection by a reset. */
	abandon(): void {
		this.#connection.reset();
	}

	/** Reads to the end of the stream. Resolves if it is a good one; otherwise resets the connection and rejects. */
	async run(handlers: AnswerHandlers): Promise<void> {
		try {
			await this.#readAnswers(handlers);
			this.#isOver = true;
			await this.#connection.close();
		} catch (error) {
			this.#isOver = true;
			this.#connection.reset();
			throw error;
		}
	}

	async #readAnswers(handlers: AnswerHandlers): Promise<void> {
		const lines = new AnswerLines();
		for (let chunk = await this.#read(); chunk !== null; chunk = await this.#read()) {
			const at = performance.now();
			const complete = lines.feed(chunk);
			for (const line of complete) this.#settle(line, at, handlers);
			if (complete.length > 0) handlers.onAnswers?.(complete.length);
			this.#shutdownIfDone();
		}

		lines.end();
		if (this.#pending.size > 0 || !this.#isFinishing) throw new AnswerError('the server ended the stream');
	}

	#settle(line: string, at: number, handlers: AnswerHandlers): void {
		if (refusals.has(line)) throw new AnswerError(`the server refused a request: ${line}`);
		const {id, body} = parseAnswer(line);
		const request = this.#pending.take(id);
		if (request === undefined) throw new AnswerError(`an answer that nobody waits for: ${quote(line)}`);
		this.#since = at;
		handlers.onAnswer(request, body, at);
	}

	/** @throws AnswerError if no answer has come for too long */
	async #read(): Promise<Buffer | null> {
		for (;;) {
			const isDue = this.#pending.size > 0 || this.#isFinishing;
			const left = isDue ? this.#since + this.#timeout - performance.now() : this.#timeout;
			if (left <= 0) throw new AnswerError(`the server was silent for ${this.#timeout / 1000} s`);
			try {
				return await this.#connection.read({timeout: left});
			} catch (error) {
				// A limit that ended the connection is no matter of waiting on.
				if (!(error instanceof TimeoutError) || this.#connection.state === 'disconnected') throw error;
			}
		}
	}

	/** Never rejects: what breaks a send ends the reader as well, which tells it. */
	async #sendAll(): Promise<void> {
		this.#isSending = true;
		try {
			while (this.#output !== '') {
				const text = this.#output;
				this.#output = '';
				await this.#connection.send(text);
			}
		} catch {
			this.#output = '';
		} finally {
			this.#isSending = false;
		}
	}

	#shutdownIfDone(): void {
		if (!this.#isFinishing || this.#pending.size > 0) return;
		this.#connection.shutdown().catch(() => undefined);
	}
}
