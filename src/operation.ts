/** Work that takes a while, under the caller's signal and timeout. */
import {Call} from './connection/call.js';
import {hold, release} from './loop/holders.js';
import type {OperationSettings} from './normalize.js';

/**
 * Runs `work`, which is told by `onCancel` what to give up; settles as it does, or with the abort's reason or a TimeoutError.
 * Keeps the process alive meanwhile.
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
		cancelWork = cancel;
		// Cancelled while the work was on its way to here.
		if (isOver) cancel(undefined);
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
