/** Waiting on the loop's own clock. */
import {Call} from './connection/call.js';
import {startTimer} from './loop/clock.js';
import {hold, release} from './loop/holders.js';
import {checkMilliseconds, checkOptionsObject, checkSignal} from './validate.js';

/** Far beyond what the kernel's clock will see; the timer is then not armed at all. */
const longestMs = 2 ** 53 - 1;

/**
 * Resolves after `ms` milliseconds (0 or more, Infinity: not before it is aborted) on timerfd, never early; no step of the wall
 * clock moves it. Keeps the process alive.
 *
 * @param options `signal`: abort rejects with its reason
 * @throws RangeError for NaN and negative numbers, TypeError for what is no number; the signal's reason
 * @example
 * ```ts
 * await sleep(10);
 * ```
 */
export async function sleep(ms: number, options?: {signal?: AbortSignal | undefined}): Promise<void> {
	const delay = checkMilliseconds('ms', ms, {zero: true});
	const given = checkOptionsObject('options', options)?.signal;
	const signal = given === undefined ? undefined : checkSignal('signal', given);
	signal?.throwIfAborted();
	const call = new Call<void>();
	hold();
	const cancel =
		delay > longestMs
			? () => {}
			: startTimer(delay, () => {
					release();
					call.resolve();
				});
	call.limit({signal, timeout: Infinity}, reason => {
		cancel();
		release();
		call.reject(reason);
	});
	return call.promise;
}
