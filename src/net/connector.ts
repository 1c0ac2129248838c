/**
 * Tries to connect until a try succeeds, a failure is final, the tries are used up or it is stopped. Knows nothing of sockets:
 * what a try is, its owner says. One that runs has either a try under way or a timer armed, never both and never more.
 *
 * It does not keep the process alive; its owner holds while it runs (`isRunning`). After `stop()` it calls nobody, has no try
 * under way and no timer, and what a try brings all the same is discarded. Tries begin, and all callbacks run, in the async
 * context of the construction, in a microtask or a turn of the loop, never inside `start` or `stop`.
 */
import {AsyncResource} from 'node:async_hooks';
import {TimeoutError, type TcpError} from '../errors.js';
import {isRetriable} from '../internal/errno-errors.js';
import {startTimer} from '../loop/clock.js';
import type {RetrySettings} from '../normalize-retry.js';
import type {Attempt} from './race.js';

/** What a connector works for. */
export interface ConnectorOptions<T> {
	readonly retry: RetrySettings;
	/** Begins one try, name lookup included, on sockets of its own. */
	readonly startTry: () => Attempt<T>;
	/** Takes what a try that was given up produced all the same. */
	readonly discard: (value: T) => void;
	/** A try succeeded. The connector has stopped; it may be started again. */
	readonly onConnected: (value: T) => void;
	/** No try follows this failure. The connector has stopped; it may be started again. */
	readonly onGivenUp: (error: unknown) => void;
}

/** Chance and time, for tests to replace. */
export interface ConnectorTools {
	/** From 0 to below 1. */
	readonly random: () => number;
	/** Calls back once after `ms`, never from inside; returns what takes that back. */
	readonly after: (ms: number, callback: () => void) => () => void;
}

const smallestFactor = 0.75;
const largestFactor = 1.25;
/** After a drop the peer's other clients come back at the same time: they are spread over so long. */
const longestReconnectDelayMs = 1000;
/** Far beyond what the kernel's clock will see; the timer is then not armed at all. */
const longestTimerMs = 2 ** 53 - 1;

/** Ms to wait after the failure of try number `attempt`, which counts from 1; `random` from 0 to below 1. */
export function retryDelay(attempt: number, {minDelay, maxDelay}: RetrySettings, random: number): number {
	const factor = smallestFactor + (largestFactor - smallestFactor) * random;
	const delay = Math.min(minDelay * 2 ** (attempt - 1), maxDelay) * factor;
	return Math.min(Math.max(delay, minDelay), maxDelay);
}

export class Connector<T> {
	readonly #options: ConnectorOptions<T>;
	readonly #tools: ConnectorTools;
	readonly #context = new AsyncResource('CotcpConnector');
	#isRunning = false;
	/** Tries begun since the start. */
	#attempts = 0;
	#try: Attempt<T> | undefined;
	#stopTimer: (() => void) | undefined;

	constructor(options: ConnectorOptions<T>, tools: ConnectorTools = {random: Math.random, after: startTimer}) {
		this.#options = options;
		this.#tools = tools;
	}

	/** Has been started, and has neither succeeded, given up nor been stopped. */
	get isRunning(): boolean {
		return this.#isRunning;
	}

	/** The first try begins after `firstDelay` ms, 0 = now. Tries and delays are counted anew. Does nothing while it runs. */
	start(firstDelay = 0): void {
		if (this.#isRunning) return;
		this.#isRunning = true;
		this.#attempts = 0;
		if (firstDelay > 0) this.#beginAfter(firstDelay);
		else this.#begin();
	}

	/** As `start`, for a peer that was connected until now: the first try begins after a random time of up to 1,000 ms. */
	startAfterDrop(): void {
		this.start(this.#tools.random() * longestReconnectDelayMs);
	}

	/** Gives up the try under way, or the waiting for the next one, at once. Does nothing if it does not run. */
	stop(): void {
		this.#isRunning = false;
		this.#endTry()?.cancel();
	}

	#beginAfter(delay: number): void {
		this.#arm(delay, () => {
			this.#begin();
		});
	}

	#begin(): void {
		this.#attempts++;
		this.#context.runInAsyncScope(() => {
			const current = this.#startTry();
			this.#try = current;
			const {attemptTimeout} = this.#options.retry;
			this.#arm(attemptTimeout, () => {
				current.cancel();
				this.#onFailure(current, attemptTimeoutError(attemptTimeout));
			});
			current.promise.then(
				value => {
					this.#onSuccess(current, value);
				},
				(error: unknown) => {
					this.#onFailure(current, error);
				},
			);
		});
	}

	#startTry(): Attempt<T> {
		try {
			return this.#options.startTry();
		} catch (error) {
			return {promise: Promise.reject(error), cancel() {}};
		}
	}

	#onSuccess(from: Attempt<T>, value: T): void {
		if (this.#try !== from) {
			this.#options.discard(value);
			return;
		}

		this.#endTry();
		this.#isRunning = false;
		this.#options.onConnected(value);
	}

	#onFailure(from: Attempt<T>, error: unknown): void {
		if (this.#try !== from) return;
		this.#endTry();
		const {retry, onGivenUp} = this.#options;
		if (this.#attempts >= retry.maxAttempts || !isRetriable(error)) {
			this.#isRunning = false;
			onGivenUp(error);
			return;
		}

		const delay = retryDelay(this.#attempts, retry, this.#tools.random());
		this.#beginAfter(delay);
		this.#tellRetry(error, delay); // last, as it may stop us
	}

	#tellRetry(error: TcpError, delay: number): void {
		const {onRetry} = this.#options.retry;
		if (onRetry === undefined) return;
		try {
			onRetry(error, delay, this.#attempts);
		} catch (thrown) {
			queueMicrotask(() => {
				throw thrown;
			});
		}
	}

	/** No try is under way any more, and no timer armed. */
	#endTry(): Attempt<T> | undefined {
		const ended = this.#try;
		this.#try = undefined;
		this.#stopTimer?.();
		this.#stopTimer = undefined;
		return ended;
	}

	#arm(ms: number, callback: () => void): void {
		if (ms > longestTimerMs) return;
		this.#stopTimer = this.#tools.after(ms, () => {
			this.#stopTimer = undefined;
			this.#context.runInAsyncScope(callback);
		});
	}
}

function attemptTimeoutError(timeout: number): TimeoutError {
	return new TimeoutError('ETIMEDOUT', `The try to connect is not done within ${timeout} ms (attemptTimeout)`, {
		syscall: 'connect',
	});
}
