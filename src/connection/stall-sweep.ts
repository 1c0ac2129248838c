/**
 * Looks at the connections that are blocked, for peers that take nothing: `stallTimeout`. One sweep for all of the thread. Native
 * code asks for the first one when a connection becomes blocked; the next ones follow for as long as bytes wait somewhere. What a
 * sweep has to remember is of blocked connections only, and nothing is done for a message or a call.
 */
import {performance} from 'node:perf_hooks';
import {onSweepTimer, startTimer} from '../loop/clock.js';
import {blockedConnections, tellAfterBatch, type ConnectionTarget, type Teller} from '../loop/dispatch.js';
import {control} from '../loop/layout.js';
import {controlWords} from '../loop/shared.js';
import {timeLimitPassed, type ConnectionLimits, type LimitedConnection} from './limits.js';

/** Between two sweeps: a limit is noticed at most two of them late. */
const longestPauseMs = 1000;
const shortestPauseMs = 10;
const sweepsPerLimit = 8;

/** How far the peer had come, and when that was first seen. */
interface Progress {
	readonly taken: number;
	readonly since: number;
}

let progress = new Map<ConnectionTarget, Progress>();

/** Connections with these limits are to come: from now on sweeps are as frequent as they need it. */
export function watchStalls({stallTimeout, sendTimeout}: ConnectionLimits): void {
	const shortest = Math.min(stallTimeout, sendTimeout);
	if (shortest === Infinity) return;
	const pause = Math.ceil(Math.min(longestPauseMs, Math.max(shortestPauseMs, shortest / sweepsPerLimit)));
	const present = controlWords[control.sweepMs] as number;
	if (present === 0 || pause < present) controlWords[control.sweepMs] = pause;
}

/** true: bytes wait. */
function look(connection: LimitedConnection, before: Progress | undefined, now: number): boolean {
	connection.sendClock?.look();
	if (!connection.hasPending()) return false;
	const {stallTimeout} = connection.limits;
	if (stallTimeout === Infinity) return connection.sendClock !== undefined;
	const taken = connection.link.bytesTaken();
	const {since} = before?.taken === taken ? before : {since: now};
	if (now - since >= stallTimeout)
		connection.onLimit('stallTimeout', timeLimitPassed('stallTimeout', stallTimeout, connection.link.place));
	else progress.set(connection, {taken, since});
	return true;
}

function sweep(): void {
	const now = performance.now();
	const before = progress;
	progress = new Map();
	let isPending = false;
	for (const target of blockedConnections()) {
		const connection = target as LimitedConnection;
		if (look(connection, before.get(connection), now)) isPending = true;
	}

	if (isPending) startTimer(controlWords[control.sweepMs] as number, sweepAfterBatch);
	else controlWords[control.sweepArmed] = 0;
}

const sweeper: Teller = {resource: undefined, tell: sweep};

/** What has come in the batch is handed out before an end. */
function sweepAfterBatch(): void {
	tellAfterBatch(sweeper);
}

onSweepTimer(sweepAfterBatch);
