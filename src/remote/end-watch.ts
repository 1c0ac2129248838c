/** How a connection of any thread has ended, or will. */
import type {CloseInfo} from '../connection-types.js';
import {ClosedError} from '../errors.js';
import {answer, callRemote, operation, type CallTarget} from '../loop/remote-calls.js';
import {unpackCloseInfo} from './close-report.js';

const unknown = {bytesRead: 0, bytesWritten: 0, durationMs: 0} as const;

/** Its thread has ended, and every connection with it. */
function endOfThread(): CloseInfo {
	return {reason: 'aborted', ...unknown};
}

function forgottenEnd(): CloseInfo {
	const message = 'The connection has ended; how is not known any more';
	return {reason: 'closed', error: new ClosedError('ERR_TCP_CLOSED', message), ...unknown};
}

/** Does not keep the process alive. */
export function watchEnd(target: CallTarget): Promise<CloseInfo> {
	return new Promise(resolve => {
		const ticket = callRemote(target, operation.watch, [], {
			onAnswer(status, bytes) {
				if (bytes !== undefined) resolve(unpackCloseInfo(bytes));
				else resolve(status === answer.loopGone ? endOfThread() : forgottenEnd());
			},
		});
		if (ticket < 0) resolve(endOfThread());
	});
}
