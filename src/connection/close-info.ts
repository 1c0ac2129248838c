/** What is told of a connection's end, whatever its face. */
import {performance} from 'node:perf_hooks';
import type {CloseInfo, CloseReason} from '../connection-types.js';

/** Now, in whole ms: the object that keeps it holds it in itself, while a fraction would be an object of its own. */
export function startTime(): number {
	return Math.floor(performance.now());
}

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
