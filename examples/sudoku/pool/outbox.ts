import type {CoTcpConnection} from 'cotcp';
import {encode} from '../protocol.js';

/** The place of an answer among those that must keep their order. */
export interface Place {
	text: string | undefined;
}

/**
 * Answers of one connection on their way out. What is there at the end of a callback is one send. Counts the answers from the
 * moment they are expected until the kernel has them, so that whoever reads requests can wait for the client to read answers.
 */
export class Outbox {
	readonly #connection: CoTcpConnection;
	readonly #places: Place[] = [];
	#expected = 0;
	#text = '';
	#inText = 0;
	#isSending = false;
	#failure: {readonly error: unknown} | undefined;
	#wake: (() => void) | undefined;

	constructor(connection: CoTcpConnection) {
		this.#connection = connection;
	}

	/** One more answer will come. With `inOrder`: at this place among the others so asked for. */
	expect(inOrder: boolean): Place | undefined {
		this.#expected++;
		if (!inOrder) return undefined;
		const place = {text: undefined};
		this.#places.push(place);
		return place;
	}

	/** The answer has come. */
	put(place: Place | undefined, text: string): void {
		if (place === undefined) this.#append(text);
		else place.text = text;
		for (let first = this.#places[0]; first?.text !== undefined; first = this.#places[0]) {
			this.#append(first.text);
			this.#places.shift();
		}

		void this.#sendAll();
	}

	/** So many that were expected out of order have gone another way. */
	forget(count: number): void {
		this.#expected -= count;
		this.#wake?.();
	}

	/** Resolves when fewer answers than that are expected. @throws what a send has rejected with */
	async fewerThan(count: number): Promise<void> {
		while (this.#expected >= count && this.#failure === undefined) {
			await new Promise<void>(resolve => {
				this.#wake = resolve;
			});
		}

		if (this.#failure !== undefined) throw this.#failure.error;
	}

	#append(text: string): void {
		this.#text += text;
		this.#inText++;
	}

	async #sendAll(): Promise<void> {
		if (this.#isSending || this.#failure !== undefined) return;
		this.#isSending = true;
		await Promise.resolve(); // the other answers of this callback come first
		try {
			while (this.#inText > 0) {
				const count = this.#inText;
				const bytes = encode(this.#text);
				this.#text = '';
				this.#inText = 0;
				await this.#connection.send(bytes);
				this.#expected -= count;
				this.#wake?.();
			}
		} catch (error) {
			this.#failure = {error};
			this.#wake?.();
		}

		this.#isSending = false;
	}
}
