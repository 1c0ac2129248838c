/** Small sends of a batch: copied side by side into the out-slab, written when the batch is over. */
import type {Buffer} from 'node:buffer';
import {performance} from 'node:perf_hooks';
import {native} from '../internal/addon.js';
import {types} from 'node:util';
import type {Bytes} from '../connection-types.js';
import {byteLengthOf} from '../validate.js';
import {control, outSlabBytes, smallChunkBytes, submissions, submissionWords as wordsPerEntry} from './layout.js';
import {controlWords, outSlab, submissionWords} from './shared.js';

/** A post that finds the oldest one older than this has all of them written: handlers that compute would delay each other's peers. */
const maxAgeMs = 0.2;
/** As long as posts come fast, which is a turn of the loop at most: then nobody waits for a handler, and to write sooner is to write more often. */
const maxFastAgeMs = 2;
/** So fast: each write that is saved is worth more than what the handlers between two posts take. */
const fastPostMs = maxFastAgeMs / 40;
/** While posts come as fast as this, not each of them looks at the clock, but one of so many. */
const fastestPostMs = maxAgeMs / 32;
const mostPostsPerLook = 8;
/** What may lie in the ring for one connection. */
const maxBytesPerConnection = 64 * 1024;

const mostBytesByHand = 16;
/** UTF-8 takes at most so many bytes for one unit of a string. */
const mostBytesPerUnit = 3;

/** What one connection has in the ring. */
export interface PostAccount {
	postRound: number;
	postBytes: number;
}

/** Writes messages where they are sent from. Runs no code of the user's. */
export interface MessageSource<Message> {
	write(memory: Buffer, at: number, message: Message, length: number): void;
}

let round = 1;
let oldest = 0;
let lastLook = 0;
let postsPerLook = 1;
let postsToLook = 0;
let wasFast = true;

/** true while bytes of this connection lie in the ring: every other way of writing has to drain it first. */
export function hasPosted(account: PostAccount): boolean {
	return account.postRound === round && controlWords[control.submitted] !== 0;
}

export function drainPosted(): void {
	if (controlWords[control.submitted] === 0) return;
	round++;
	native.drain();
}

/** Takes a copy of `bytes`, which are below 4 KiB. false: too much of this connection lies there; write directly. */
export function post(
	account: PostAccount,
	slot: number,
	generation: number,
	bytes: Uint8Array,
	length: number,
): boolean {
	if (!makeRoom(account, length)) return false;
	outSlab.set(bytes, controlWords[control.outUsed]);
	submit(account, slot, generation, length);
	return true;
}

/** Has a message of `length` bytes, below 4 KiB, written where it is sent from. false: as for `post`. */
export function postDirect<Message>(
	account: PostAccount,
	slot: number,
	generation: number,
	source: MessageSource<Message>,
	message: Message,
	length: number,
): boolean {
	if (!makeRoom(account, length)) return false;
	source.write(outSlab, controlWords[control.outUsed] as number, message, length);
	submit(account, slot, generation, length);
	return true;
}

/** Takes a copy of all parts of one message, side by side. Their bytes, or -1: too many, or not all of them are bytes. */
export function postParts(
	account: PostAccount,
	slot: number,
	generation: number,
	message: Bytes | readonly Bytes[],
): number {
	const parts = Array.isArray(message) ? (message as readonly Bytes[]) : [message as Bytes];
	let most = 0;
	for (const part of parts) {
		if (typeof part === 'string') most += mostBytesPerUnit * part.length;
		else if (types.isUint8Array(part)) most += byteLengthOf(part);
		else return -1;
	}

	if (most >= smallChunkBytes || !makeRoom(account, most)) return -1;
	const start = controlWords[control.outUsed] as number;
	let end = start;
	for (const part of parts) {
		// A Proxy, or a getter, may give something else the second time.
		const isText = typeof part === 'string';
		if (end - start + (isText ? mostBytesPerUnit * part.length : byteLengthOf(part)) > most) return -1;
		end += isText ? outSlab.write(part, end) : copyTo(end, part);
	}

	if (end > start) submit(account, slot, generation, end - start);
	return end - start;
}

/** Bytes copied. A few are not worth a call. */
function copyTo(at: number, part: Uint8Array): number {
	const length = byteLengthOf(part);
	if (length > mostBytesByHand) outSlab.set(part, at);
	else for (let index = 0; index < length; index++) outSlab[at + index] = part[index] as number;
	return length;
}

/** So many bytes, and an entry, are free afterwards. false: too much of this connection lies there. */
function makeRoom(account: PostAccount, length: number): boolean {
	let count = controlWords[control.submitted] as number;
	if (count === submissions || (controlWords[control.outUsed] as number) + length > outSlabBytes) {
		drainPosted();
		count = 0;
	}

	if (count === 0) {
		round++;
		oldest = lastLook = performance.now();
		postsToLook = postsPerLook;
	}

	if (account.postRound !== round) {
		account.postRound = round;
		account.postBytes = 0;
	}

	return account.postBytes + length <= maxBytesPerConnection;
}

/** What has been put there becomes an entry. */
function submit(account: PostAccount, slot: number, generation: number, length: number): void {
	const count = controlWords[control.submitted] as number;
	const offset = controlWords[control.outUsed] as number;
	account.postBytes += length;
	const at = count * wordsPerEntry;
	submissionWords[at] = slot;
	submissionWords[at + 1] = generation;
	submissionWords[at + 2] = offset;
	submissionWords[at + 3] = length;
	controlWords[control.outUsed] = offset + length;
	controlWords[control.submitted] = count + 1;
	if (count > 0 && --postsToLook <= 0) lookAtClock();
}

function lookAtClock(): void {
	const now = performance.now();
	const elapsed = now - lastLook;
	const isFast = elapsed < fastPostMs * postsPerLook;
	// A pause of the machine's, or of the garbage collector's, is no slow handler: those are slow again at the next look.
	const age = isFast || wasFast ? maxFastAgeMs : maxAgeMs;
	wasFast = isFast;
	postsPerLook = elapsed < fastestPostMs * postsPerLook ? Math.min(mostPostsPerLook, 2 * postsPerLook) : 1;
	postsToLook = postsPerLook;
	lastLook = now;
	if (now - oldest > age) drainPosted();
}
