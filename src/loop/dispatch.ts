/** One entry from native code per batch: each completion goes to whoever holds its slot, or nowhere if that has changed. */
import type {AsyncResource} from 'node:async_hooks';
import {threadId} from 'node:worker_threads';
import {native} from '../internal/addon.js';
import {onTimer} from './clock.js';
import {completion, completionWords as wordsPerEntry, control, flag, flagBytes} from './layout.js';
import {onRemoteAnswer, onRemoteCall} from './remote-calls.js';
import {beginBatchOfChunks, chunkOfBatch, renewAllAreas, renewWantedAreas} from './receive-areas.js';
import {completionWords, controlWords, flags, sharedBlock} from './shared.js';
import {beginTurn, serveTurnWaiters} from './turn-waiters.js';

/** A connection, as completions see it. Nothing here runs code of the user's. */
export interface ConnectionTarget {
	readonly generation: number;
	/** null: the peer's clean end. */
	onData(chunk: Buffer | null): void;
	onReadable(): void;
	onWritable(): void;
	/** It has come to its end; errno 0: in good order. */
	onEnded(errno: number, syscall: string): void;
}

/** A listener, as completions see it. */
export interface ListenerTarget {
	readonly generation: number;
	/** Runs when the whole batch has been handed out, as it may run code of the user's. */
	onAccepted(slot: number, generation: number): void;
	onAcceptTrouble(errno: number, refused: number, isPaused: boolean): void;
}

/** An attempt to connect, as completions see it. */
export interface ConnectTarget {
	readonly generation: number;
	onConnected(): void;
	onConnectFailed(errno: number, syscall: string): void;
}

type Target = ConnectionTarget | ListenerTarget | ConnectTarget;

const syscalls = ['read', 'write', 'connect', 'accept'] as const;
const targets: Array<Target | undefined> = [];
/** Newcomers of the batch: by threes, as a tuple each would be garbage for each. */
let accepted: Array<ListenerTarget | number> = [];

/** From now on `target` hears of `slot`. */
export function attach(slot: number, target: Target): void {
	targets[slot] = target;
}

export function detach(slot: number, target: Target): void {
	if (targets[slot] === target) targets[slot] = undefined;
}

/** Those whose flag says that senders wait, or that native code holds bytes. */
export function blockedConnections(): ConnectionTarget[] {
	const blocked: ConnectionTarget[] = [];
	for (let slot = 0; slot < targets.length; slot++) {
		if (flags[slot * flagBytes + flag.blocked] === 0) continue;
		// The flag of a slot that something else holds by now is an old one.
		const target = targets[slot];
		if (target !== undefined && 'onWritable' in target) blocked.push(target);
	}

	return blocked;
}

let connections = 0;

/** A connection has begun (1) or ended (-1). */
export function countConnection(change: 1 | -1): void {
	connections += change;
}

/** Connections of this thread that are open. */
export function connectionCount(): number {
	return connections;
}

/** Who has something to tell the user when all completions of the batch have been handed out. */
export interface Teller {
	/** Its async context; undefined: it sees to that itself. */
	readonly resource: AsyncResource | undefined;
	/** Runs code of the user's. Never throws. */
	tell(): void;
}

/** Two lists by turns, which keep their size: a list that grows anew in each batch costs more than what is in it. */
let tellers: Array<Teller | undefined> = [];
let spareTellers: Array<Teller | undefined> = [];
let tellerCount = 0;

/** From a completion only: `teller` is called behind the batch's last one. */
export function tellAfterBatch(teller: Teller): void {
	tellers[tellerCount++] = teller;
}

const lastTellers: Teller[] = [];

/** From a completion only: `teller`, which runs no code of the user's, is called when all others of the batch have been. */
export function tellLast(teller: Teller): void {
	lastTellers.push(teller);
}

function tellAll(): void {
	const now = tellers;
	const count = tellerCount;
	tellers = spareTellers;
	tellerCount = 0;
	for (let first = 0; first < count;) {
		// Neighbours of one server, which nearly all are, enter its context together.
		const {resource} = now[first] as Teller;
		let end = first + 1;
		while (end < count && (now[end] as Teller).resource === resource) end++;
		if (resource === undefined) tellRange(now, first, end);
		else resource.runInAsyncScope(tellRange, undefined, now, first, end);
		first = end;
	}

	spareTellers = now;
}

function tellRange(all: Array<Teller | undefined>, first: number, end: number): void {
	for (let index = first; index < end; index++) {
		const teller = all[index] as Teller;
		all[index] = undefined;
		teller.tell();
	}
}

/** How far the batch has been handed out, and where it ends. */
let position = 0;
let batchEnd = 0;

/** What the batch still holds for a connection that ends before it comes: its chunks, null for the peer's end. They do not come any more. */
export function takeRestOfBatch(slot: number, generation: number): Array<Buffer | null> {
	const rest: Array<Buffer | null> = [];
	for (let at = position; at < batchEnd; at += wordsPerEntry) {
		if (completionWords[at] !== slot || completionWords[at + 1] !== generation) continue;
		if (completionWords[at + 2] === completion.data) rest.push(chunkOf(at));
	}

	return rest;
}

/** null: the peer's clean end. */
function chunkOf(at: number): Buffer | null {
	const length = completionWords[at + 5] as number;
	if (length === 0) return null;
	return chunkOfBatch(completionWords[at + 3] as number, completionWords[at + 4] as number, length);
}

function dispatchOne(at: number): void {
	const slot = completionWords[at] as number;
	const generation = completionWords[at + 1] as number;
	const kind = completionWords[at + 2] as number;
	const a = completionWords[at + 3] as number;
	const b = completionWords[at + 4] as number;
	const c = completionWords[at + 5] as number;
	if (kind === completion.timer) {
		onTimer(slot, generation);
		return;
	}

	if (kind === completion.remoteCall) {
		onRemoteCall(slot, generation, a, b, c);
		return;
	}

	if (kind === completion.remoteAnswer) {
		onRemoteAnswer(slot, a, b !== 0);
		return;
	}

	const target = targets[slot];
	if (target?.generation !== generation) return;
	switch (kind) {
		case completion.data:
			(target as ConnectionTarget).onData(chunkOf(at));
			break;
		case completion.writable:
			(target as ConnectionTarget).onWritable();
			break;
		case completion.readable:
			(target as ConnectionTarget).onReadable();
			break;
		case completion.ended:
			(target as Partial<ConnectionTarget>).onEnded?.(a, syscalls[b] ?? 'read');
			break;
		case completion.accepted:
			accepted.push(target as ListenerTarget, a, b);
			break;
		case completion.acceptTrouble:
			(target as ListenerTarget).onAcceptTrouble(a, b, c !== 0);
			break;
		case completion.connected:
			(target as ConnectTarget).onConnected();
			break;
		case completion.connectFailed:
			(target as ConnectTarget).onConnectFailed(a, syscalls[b] ?? 'connect');
			break;
		default:
	}
}

/** Hands newcomers over; each by itself, so that one that throws does not cost the others. */
function handOverAccepted(): void {
	const all = accepted;
	accepted = [];
	for (let at = 0; at < all.length; at += 3) {
		try {
			(all[at] as ListenerTarget).onAccepted(all[at + 1] as number, all[at + 2] as number);
		} catch (error) {
			queueMicrotask(() => {
				throw error;
			});
		}
	}
}

function onBatch(completions: number): void {
	beginBatchOfChunks();
	if (controlWords[control.waiters] !== 0) beginTurn();
	batchEnd = completions * wordsPerEntry;
	for (let at = 0; at < batchEnd; at += wordsPerEntry) {
		position = at + wordsPerEntry;
		dispatchOne(at);
	}

	renewWantedAreas();
	if (controlWords[control.waiters] !== 0) serveTurnWaiters();
	if (accepted.length > 0) handOverAccepted();
	if (tellerCount > 0) tellAll();
	if (lastTellers.length > 0) for (const teller of lastTellers.splice(0)) teller.tell();
}

/** Under which other threads find this loop; in the ids of its connections. */
export const loopNumber: number = native.bind(sharedBlock, onBatch, threadId);
renewAllAreas();
// process.exit and an uncaught error still run this: what has been posted is written.
process.on('exit', () => {
	native.drain();
});
