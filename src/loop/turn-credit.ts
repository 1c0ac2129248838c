/**
 * What may be done at once in one turn of the loop, so that no connection, and no loop over always-ready data, starves the
 * rest: bytes and calls per connection, bytes and time in all. Looked at before a call; one call may overdraw it. The bytes
 * in all are for those that move many: a small answer does not wait for a turn that big ones have left something of.
 */
import {performance} from 'node:perf_hooks';
import {native} from '../internal/addon.js';
import {control} from './layout.js';
import {controlWords} from './shared.js';

const callsPerConnection = 64;
const bytesPerConnection = 256 * 1024;
const bytesPerTurn = 1024 * 1024;
export const msPerTurn = 2;
/**
 * The first calls of a connection do not look at the clock: a turn in which many connections have something to do each may
 * take long, and who came last would otherwise be answered a whole turn later.
 */
const timelessCalls = 2;

/** While calls come as fast as this, not each of them looks at the clock, but one of so many. */
const fastCallMs = msPerTurn / 256;
const mostCallsPerLook = 8;

/** What one connection has used of the turn. */
export interface CreditAccount {
	creditEpoch: number;
	creditCalls: number;
	creditBytes: number;
}

let epoch = 0;
let turn = -1;
/** When the clock has run out; 0 = nobody has looked at it in this turn. */
let until = 0;
let isOver = false;
let lastLook = 0;
let callsPerLook = 1;
let callsToLook = 0;
let isOutside = false;
let areBytesKept = false;

/** The turn under way, or a new one for calls that come from outside of a batch (a timer, fs, top level). */
function beginIfNew(): void {
	const current = controlWords[control.turn] as number;
	const outside = controlWords[control.batch] === 0;
	if (current === turn && (isOutside || !outside)) return;
	epoch++;
	turn = current;
	until = 0;
	isOver = false;
	callsToLook = 0;
	isOutside = outside;
	if (!outside) return;
	// Who waits for a turn comes first, also before those whom a timer or a file has called.
	controlWords[control.creditBytes] = controlWords[control.waiters] === 0 ? bytesPerTurn : 0;
	// The next wake-up ends this turn, also if nothing else happens.
	native.wake();
}

/** The turn's bytes are for those who stand in line (turn-waiters.ts), before whoever else asks for many. */
export function keepBytes(areKept: boolean): void {
	areBytesKept = areKept;
}

/** The clock runs from the first look at it: most turns are over before anybody has to look. */
function isTimeOver(): boolean {
	if (isOver || --callsToLook > 0) return isOver;
	const now = performance.now();
	if (until === 0) until = now + msPerTurn;
	else callsPerLook = now - lastLook < fastCallMs * callsPerLook ? Math.min(mostCallsPerLook, 2 * callsPerLook) : 1;
	callsToLook = callsPerLook;
	lastLook = now;
	isOver = now > until;
	return isOver;
}

/** true: the call may be done at once, and has been counted. `isBulk`: it may move as much as `smallChunkBytes` to or from the kernel. */
export function takeCredit(account: CreditAccount, isBulk: boolean): boolean {
	beginIfNew();
	if (account.creditEpoch !== epoch) {
		account.creditEpoch = epoch;
		account.creditCalls = 0;
		account.creditBytes = 0;
	}

	if (isBulk && (areBytesKept || (controlWords[control.creditBytes] as number) <= 0)) return false;
	if (account.creditCalls >= timelessCalls && isTimeOver()) return false;
	if (account.creditCalls >= callsPerConnection || account.creditBytes >= bytesPerConnection) return false;
	account.creditCalls++;
	return true;
}
