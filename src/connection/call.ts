/** One call that waits: a promise with its deadline and its abort, settled exactly once. */
import {performance} from 'node:perf_hooks';
import {TimeoutError} from '../errors.js';
import {deadlines} from '../loop/call-deadlines.js';
import {Deadline} from '../loop/deadlines.js';
import {unwatchAbort, watchAbort, type AbortEntry} from '../loop/signals.js';
import type {OperationSettings} from '../normalize.js';
import {Deferred} from '../deferred.js';

const ignore = (): void => {};

/** Dropping this promise never becomes an unhandledRejection: it only tells of the connection's end. */
export function markHandled(promise: Promise<unknown>): void {
	promise.catch(ignore);
}

/** A rejection that only tells of the connection's end. */
export function rejectHandled(error: unknown): Promise<never> {
	const promise = Promise.reject(error);
	markHandled(promise);
	return promise;
}

/** What `call` throws becomes a rejection. */
export function settle<T>(call: () => Promise<T>): Promise<T> {
	try {
		return call();
	} catch (error) {
		return Promise.reject(error);
	}
}

/** Why a call ends before its time, for the one who keeps it waiting: the signal's reason, or a TimeoutError of ours. */
export type Cancel = (error: unknown, isTimeout: boolean) => void;

export class Call<T> extends Deferred<T> implements AbortEntry {
	#cancel: Cancel | undefined;
	#signal: AbortSignal | undefined;
	#timeout = Infinity;
	#deadline: Deadline | undefined;

	/** From now on, abort and deadline call `cancel`, once, which has to reject. The signal has not aborted yet. */
	limit({signal, timeout}: OperationSettings, cancel: Cancel): void {
		if (signal === undefined && timeout === Infinity) return;
		this.#cancel = cancel;
		if (signal !== undefined) {
			this.#signal = signal;
			watchAbort(signal, this);
		}

		if (timeout !== Infinity) {
			this.#timeout = timeout;
			this.#deadline = new Deadline(performance.now() + timeout, this);
			deadlines.add(this.#deadline);
		}
	}

	resolve(value: T): void {
		this.#unlimit();
		this.fulfill(value);
	}

	reject(error: unknown): void {
		this.#unlimit();
		this.refuse(error);
	}

	/** Rejects with the connection's end: dropping the promise is no unhandledRejection. */
	rejectEnd(error: unknown): void {
		markHandled(this.promise);
		this.reject(error);
	}

	onAbort(reason: unknown): void {
		this.#signal = undefined;
		this.#fire(reason, false);
	}

	onDeadline(): void {
		this.#fire(timeoutError(this.#timeout), true);
	}

	#fire(error: unknown, isTimeout: boolean): void {
		const cancel = this.#cancel;
		this.#unlimit();
		cancel?.(error, isTimeout);
	}

	#unlimit(): void {
		if (this.#cancel === undefined) return;
		this.#cancel = undefined;
		if (this.#signal !== undefined) unwatchAbort(this.#signal, this);
		this.#signal = undefined;
		if (this.#deadline === undefined) return;
		deadlines.remove(this.#deadline);
		this.#deadline.forget();
	}
}

/**
 * The result of a call that did not wait for its turn: a loop over such calls must not starve what else the thread has to do,
 * so it is told in the next round of Node's loop.
 */
export function inNextRound<T>(value: T | Promise<T>): Promise<T> {
	return new Promise(resolve => {
		setImmediate(resolve, value);
	});
}

/** The caller's `timeout`, ms, is over. */
export function timeoutError(timeout: number, bytesSent = 0): TimeoutError {
	const message = timeout === 0 ? 'It cannot be done without waiting' : `The timeout of ${timeout} ms is over`;
	return new TimeoutError('ETIMEDOUT', message, {bytesSent});
}
