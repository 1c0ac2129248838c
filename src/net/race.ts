/**
 * RFC 8305 section 5: attempts to several addresses, each begun a little after the one before, the first to succeed wins.
 * Knows nothing of sockets or clocks. Whatever happens, every value that an attempt produced is either the result or discarded.
 */
import {Deferred} from '../deferred.js';
import {TcpError} from '../errors.js';
import {copyWithCause} from '../internal/errno-errors.js';

/** One try at one address. */
export interface Attempt<T> {
	readonly promise: Promise<T>;
	/** Gives up. The promise may still settle, in any way, or never. */
	cancel(): void;
}

/** What a race is run with. */
export interface RaceOptions<Address, T> {
	/** Ms between the beginning of two attempts; Infinity: the next one begins only when the newest has failed. */
	readonly attemptDelay: number;
	/** Begins an attempt. */
	start(address: Address): Attempt<T>;
	/** Calls back once after `ms`, never from inside; returns what takes that back. */
	after(ms: number, callback: () => void): () => void;
	/** Takes what an attempt that did not win produced all the same. */
	discard(value: T): void;
}

/** A race that runs. */
export interface Race<T> {
	/**
	 * Resolves to the first success. If all fail: rejects with the error of the one address, or with one like that of the first
	 * address whose `cause` is an AggregateError of all, in the order of the addresses.
	 */
	readonly promise: Promise<T>;
	/** Ends all attempts and rejects with `reason`. Does nothing after the end. */
	cancel(reason: unknown): void;
}

/** Begins with the first of `addresses`, of which there must be one. */
export function raceAttempts<Address, T>(addresses: readonly Address[], options: RaceOptions<Address, T>): Race<T> {
	const runner = new RaceRunner(addresses, options);
	runner.startNext();
	return {
		promise: runner.promise,
		cancel(reason) {
			runner.cancel(reason);
		},
	};
}

class RaceRunner<Address, T> extends Deferred<T> {
	readonly #addresses: readonly Address[];
	readonly #options: RaceOptions<Address, T>;
	/** Those begun and not settled, by the place of their address. */
	readonly #running = new Map<number, Attempt<T>>();
	/** By the place of their address. */
	readonly #errors: unknown[] = [];
	#failed = 0;
	#started = 0;
	#isOver = false;
	#stopTimer: (() => void) | undefined;

	constructor(addresses: readonly Address[], options: RaceOptions<Address, T>) {
		super();
		this.#addresses = addresses;
		this.#options = options;
	}

	startNext(): void {
		this.#clearTimer();
		const index = this.#started++;
		const address = this.#addresses[index];
		if (address === undefined) throw new RangeError('A race needs an address');
		const attempt = this.#begin(address);
		this.#running.set(index, attempt);
		attempt.promise.then(
			value => {
				this.#onSuccess(index, value);
			},
			(error: unknown) => {
				this.#onFailure(index, error);
			},
		);
		this.#armNext();
	}

	cancel(reason: unknown): void {
		if (this.#isOver) return;
		this.refuse(reason);
		this.#finish();
	}

	#begin(address: Address): Attempt<T> {
		try {
			return this.#options.start(address);
		} catch (error) {
			return {promise: Promise.reject(error), cancel() {}};
		}
	}

	#armNext(): void {
		const {attemptDelay} = this.#options;
		if (this.#started === this.#addresses.length || attemptDelay === Infinity) return;
		this.#stopTimer = this.#options.after(attemptDelay, () => {
			this.#stopTimer = undefined;
			if (!this.#isOver) this.startNext();
		});
	}

	#onSuccess(index: number, value: T): void {
		this.#running.delete(index);
		if (this.#isOver) {
			this.#options.discard(value);
			return;
		}

		this.fulfill(value);
		this.#finish();
	}

	#onFailure(index: number, error: unknown): void {
		this.#running.delete(index);
		if (this.#isOver) return;
		this.#errors[index] = error;
		this.#failed++;
		if (this.#failed === this.#addresses.length) {
			this.refuse(this.#summary());
			this.#finish();
		} else if (index === this.#started - 1 && this.#started < this.#addresses.length) {
			this.startNext(); // the newest failed: nobody waits for the delay
		}
	}

	#finish(): void {
		this.#isOver = true;
		this.#clearTimer();
		const losers = [...this.#running.values()];
		this.#running.clear();
		for (const loser of losers) loser.cancel();
	}

	#clearTimer(): void {
		this.#stopTimer?.();
		this.#stopTimer = undefined;
	}

	#summary(): unknown {
		const [first] = this.#errors;
		if (this.#errors.length === 1 || !(first instanceof TcpError)) return first;
		return copyWithCause(first, new AggregateError(this.#errors, 'No address could be connected to'));
	}
}
