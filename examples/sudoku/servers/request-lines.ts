import {LimitError, TimeoutError, UnexpectedEndError, type CoTcpConnection, type LimitedReadOptions} from 'cotcp';
import {decode, endOfLine, maxLineLength, tooLong} from '../protocol.js';

/** Milliseconds in which a server that stops still takes what has come. */
const lastOrders = 1000;

/** The lines that a client sends. */
export class RequestLines {
	readonly #connection: CoTcpConnection;
	/** On the scale of `performance.now()`; Infinity: the server does not stop. */
	#closingTime = Infinity;

	constructor(connection: CoTcpConnection) {
		this.#connection = connection;
	}

	/** The next one, without its CRLF; null: there is none to come, as the client has ended its half or the server stops. */
	async next(): Promise<string | typeof tooLong | null> {
		const {draining} = this.#connection;
		if (draining.aborted) return this.#nextThatHasCome();
		try {
			return await this.#read({signal: draining});
		} catch (error) {
			if (error === draining.reason) return this.#nextThatHasCome();
			throw error;
		}
	}

	/** The server stops: what is there already is answered, nothing is waited for. One that goes on sending is not served for ever. */
	async #nextThatHasCome(): Promise<string | typeof tooLong | null> {
		const now = performance.now();
		if (this.#closingTime === Infinity) this.#closingTime = now + lastOrders;
		if (now > this.#closingTime) return null;
		try {
			return await this.#read({timeout: 0});
		} catch (error) {
			if (error instanceof TimeoutError && error.limitName === undefined) return null;
			throw error;
		}
	}

	async #read(options: LimitedReadOptions): Promise<string | typeof tooLong | null> {
		try {
			const line = await this.#connection.readUntil(endOfLine, {limit: maxLineLength, ...options});
			return line === null ? null : decode(line.subarray(0, -endOfLine.length));
		} catch (error) {
			if (error instanceof LimitError) return tooLong;
			// Half a line before the end is no request.
			if (error instanceof UnexpectedEndError) return null;
			throw error;
		}
	}
}
