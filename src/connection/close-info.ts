/** What is told of a connection's end, whatever its face. */
import {performance} from 'node:perf_hooks';
import type {CloseInfo, CloseReason} from '../connection-types.js';

/** `counts`: the connection that has ended just now. */
export function closeInfo(
	reason: CloseReason,
	error: unknown,
	counts: {bytesRead(): number; bytesWritten(): number},
	startedAt: number,
): CloseInfo {
	return {
		reason,
		...(error === undefined ? {} : {error}),
		bytesRead: counts.bytesRead(),
		bytesWritten: counts.bytesWritten(),
		durationMs: performance.now() - startedAt,
	};
}
