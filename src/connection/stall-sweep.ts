/**
 * Looks at the connections that are blocked, for peers that take nothing: `stallTimeout`. One sweep for all of the thread. Native
 * code asks for the first one when a connection becomes blocked; the next ones follow for as long as bytes wait somewhere. What a
 * sweep has to remember is of blocked connections only, and nothing is done for a message or a call.
 */
import {performance} from 'node:perf_hooks';
import {onSweepTimer, startTimer} from '../loop/clock.js';
import {blockedConnections, tellLast, type ConnectionTarget, type Teller} from '../loop/dispatch.js';
import {control} from '../loop/layout.js';
import {controlWords} from '../loop/shared.js';
import {beginSlice} from '../loop/slices.js';
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
/** Of the sweep before the one under way. */
let before = new Map<ConnectionTarget, Progress>();
/** Those of the sweep under way, looked at as far as `at`. */
let blocked: ConnectionTarget[] = [];
let at = 0;
let begunAt = 0;
/** Bytes wait for one of them. */
let isPending = false;

/** Connections with these limits are to come: from now on sweeps are as frequent as they need it. */
export function watchStalls({stallTimeout, sendTimeout}: ConnectionLimits): void {
	const shortest = Math.min(stallTimeout, sendTimeout);
	if (shortest === Infinity) return;
	const pause = Math.ceil(Math.min(longestPauseMs, Math.max(shortestPauseMs, shortest / sweepsPerLimit)));
	const present = controlWords[control.sweepMs] as number;
	if (present === 0 || pause < present) controlWords[control.sweepMs] = pause;
}

/** true: bytes wait. */
function look(connection: LimitedConnection, last: Progress | undefined, now: number): boolean {
	connection.sendClock?.look();
	if (!connection.hasPending()) return false;
	const {stallTimeout} = connection.limits;
	if (stallTimeout === Infinity) return connection.sendClock !== undefined;
	const taken = connection.link.bytesTaken();
	const {since} = last?.taken === taken ? last : {since: now};
	if (now - since >= stallTimeout)
		connection.onLimit('stallTimeout', timeLimitPassed('stallTimeout', stallTimeout, connection.link.place));
	else progress.set(connection, {taken, since});
	return true;
}

/** Begins a sweep, if none is under way. */
function begin(): void {
	if (blocked.length > 0) return;
	before = progress;
	progress = new Map();
	isPending = false;
	blocked = blockedConnections();
	at = 0;
	begunAt = performance.now();
}

/** Looks at a slice of them: to end many takes long. */
function sweep(): void {
	begin();
	const isSliceOver = beginSlice(begunAt);
	while (at < blocked.length) {
		const connection = blocked[at++] as LimitedConnection;
		if (look(connection, before.get(connection), performance.now())) isPending = true;
		if (isSliceOver()) break;
	}

	if (at < blocked.length) {
		// Others may become blocked meanwhile: they are for the next sweep, which native code does not ask for now.
		isPending = true;
		startTimer(0, sweepAfterBatch);
		return;
	}

	blocked = [];
	before = new Map();
	if (isPending) startTimer(controlWords[control.sweepMs] as number, sweepAfterBatch);
	else controlWords[control.sweepArmed] = 0;
}

const sweeper: Teller = {resource: undefined, tell: sweep};

/** What has come in the batch is handed out before an end. */
function sweepAfterBatch(): void {
	tellLast(sweeper);
}

onSweepTimer(sweepAfterBatch);
