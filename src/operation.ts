/** Work that takes a while, under the caller's signal and timeout. */
import {Call} from './connection/call.js';
import {hold, release} from './loop/holders.js';
import type {OperationSettings} from './normalize.js';

/**
 * Runs `work`, which tells by `onCancel` how to give up what it is about to begin; that throws if it is over by then. Settles as
 * `work` does, or with the abort's reason or a TimeoutError. Keeps the process alive meanwhile.
 */
export function runOperation<T>(
	settings: OperationSettings,
	work: (onCancel: (cancel: (reason: unknown) => void) => void) => Promise<T>,
	discard: (late: T) => void,
): Promise<T> {
	const call = new Call<T>();
	let isOver = false;
	let cancelWork: ((reason: unknown) => void) | undefined;
	const finish = (): boolean => {
		if (isOver) return false;
		isOver = true;
		release();
		return true;
	};
	hold();
	call.limit(settings, reason => {
		finish();
		call.reject(reason);
		cancelWork?.(reason);
	});
	work(cancel => {
		// Cancelled while the work was on its way to here: it goes no further, and nobody hears of this error.
		if (isOver) throw new Error('The operation is over');
		cancelWork = cancel;
	}).then(
		value => {
			if (finish()) call.resolve(value);
			else discard(value);
		},
		(error: unknown) => {
			if (finish()) call.reject(error);
		},
	);
	return call.promise;
}
