import {LimitError, TimeoutError, UnexpectedEndError, type CoTcpConnection, type LimitedReadOptions} from 'cotcp';
import {decode, endOfLine, maxLineLength, tooLong} from '../protocol.js';

/** Milliseconds in which a server that stops still takes what has come. */
const lastOrders = 1000;
/** What is there already. */
const withoutWaiting: LimitedReadOptions = {limit: maxLineLength, timeout: 0};

/** The lines that a client sends. */
export class RequestLines {
	readonly #connection: CoTcpConnection;
	readonly #draining: AbortSignal;
	readonly #untilDraining: LimitedReadOptions;
	/** On the scale of `performance.now()`; Infinity: the server does not stop. */
	#closingTime = Infinity;

	constructor(connection: CoTcpConnection) {
		this.#connection = connection;
		this.#draining = connection.draining;
		this.#untilDraining = {limit: maxLineLength, signal: this.#draining};
	}

	/** The next one, without its CRLF; null: there is none to come, as the client has ended its half or the server stops. */
	async next(): Promise<string | typeof tooLong | null> {
		const isStopping = this.#draining.aborted;
		if (isStopping && this.#isClosed()) return null;
		try {
			const line = await this.#connection.readUntil(endOfLine, isStopping ? withoutWaiting : this.#untilDraining);
			return line === null ? null : decode(line, line.length - endOfLine.length);
		} catch (error) {
			if (error instanceof LimitError) return tooLong;
			// Half a line before the end is no request.
			if (error instanceof UnexpectedEndError) return null;
			if (isStopping && error instanceof TimeoutError && error.limitName === undefined) return null;
			if (!isStopping && error === this.#draining.reason) return this.next();
			throw error;
		}
	}

	/** The server stops: what is there already is answered, nothing is waited for. One that goes on sending is not served for ever. */
	#isClosed(): boolean {
		const now = performance.now();
		if (this.#closingTime === Infinity) this.#closingTime = now + lastOrders;
		return now > this.#closingTime;
	}
}
