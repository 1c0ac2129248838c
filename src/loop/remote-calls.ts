/** Calls between the threads of the process: what this one asks of connections anywhere, and what is asked of its own. */
import {ResourceError} from '../errors.js';
import {native} from '../internal/addon.js';
import {nativeAnswer} from './layout.js';

export const operation = {send: 0, shutdown: 1, reset: 2, watch: 3} as const;

/** What a call has come to. */
export const answer = {
	...nativeAnswer,
	/** `watch`: the connection has ended, and the bytes tell how. */
	done: 16,
	/** The connection had ended, or has meanwhile. */
	ended: 17,
	/** Its sending half has been shut down. */
	shutDown: 18,
} as const;

/** Which connection. */
export interface CallTarget {
	/** Number of its loop. */
	readonly loop: number;
	readonly slot: number;
	readonly generation: number;
}

// as the owner

/** A call from another thread, or this one. Has to be answered once. */
export class ArrivedCall {
	readonly #number: number;
	readonly operation: number;
	/** Bytes that came with it. */
	readonly length: number;

	constructor(number: number, what: number, length: number) {
		this.#number = number;
		this.operation = what;
		this.length = length;
	}

	/** From now on the caller cannot take it back. null: it has, and the call is answered. */
	take(): Uint8Array | null {
		return native.takeCall(this.#number);
	}

	answer(status: number, bytes: Uint8Array | null = null): void {
		native.answerCall(this.#number, status, bytes);
	}
}

/** A connection that other threads may call. */
export interface CallReceiver {
	readonly slot: number;
	readonly generation: number;
	/** Runs no code of the user's. */
	onCall(call: ArrivedCall): void;
}

const receivers = new Map<number, CallReceiver>();

/** So many ends are kept for those who ask late. */
const mostRemembered = 1024;
const remembered = new Map<number, Uint8Array>();
/** A slot has 20 bits, a generation 31: together a number that is exact. */
const slots = 2 ** 20;

/** From now on calls for its slot and generation go to `receiver`. */
export function attachReceiver(receiver: CallReceiver): void {
	receivers.set(receiver.slot, receiver);
}

export function detachReceiver(receiver: CallReceiver): void {
	if (receivers.get(receiver.slot) === receiver) receivers.delete(receiver.slot);
}

export function receiverOf(slot: number, generation: number): CallReceiver | undefined {
	const receiver = receivers.get(slot);
	return receiver?.generation === generation ? receiver : undefined;
}

/** How a connection has ended. The oldest ones are forgotten. */
export function rememberEnd(slot: number, generation: number, report: Uint8Array): void {
	remembered.set(generation * slots + slot, report);
	if (remembered.size <= mostRemembered) return;
	for (const oldest of remembered.keys()) {
		remembered.delete(oldest);
		return;
	}
}

/** From a batch. */
export function onRemoteCall(slot: number, generation: number, number: number, what: number, length: number): void {
	const call = new ArrivedCall(number, what, length);
	const receiver = receiverOf(slot, generation);
	if (receiver !== undefined) receiver.onCall(call);
	else
		call.answer(
			answer.ended,
			what === operation.watch ? (remembered.get(generation * slots + slot) ?? null) : null,
		);
}

// as the caller

/** Who waits for an answer. Runs no code of the user's. */
export interface AnswerTarget {
	onAnswer(status: number, bytes: Uint8Array | undefined): void;
}

const callers = new Map<number, AnswerTarget>();
const ticketMask = 0x7fff_ffff;
let lastTicket = 0;

/**
 * Copies `views` and asks. The ticket of the call, under which `caller` gets one answer; -1: that loop has gone, and no answer
 * comes.
 *
 * @throws ResourceError where there is no memory for the copy
 */
export function callRemote(
	{loop, slot, generation}: CallTarget,
	what: number,
	views: readonly Uint8Array[],
	caller: AnswerTarget,
): number {
	do lastTicket = (lastTicket + 1) & ticketMask;
	while (callers.has(lastTicket));
	const outcome = native.callRemote(loop, slot, generation, what, lastTicket, views);
	if (outcome === 2) throw new ResourceError('ENOMEM', 'There is no memory to hand the bytes over to another thread');
	if (outcome === 1) return -1;
	callers.set(lastTicket, caller);
	return lastTicket;
}

/** true: nothing will be done, which the answer says as well. false: it has been taken. */
export function withdrawCall(ticket: number): boolean {
	return native.withdrawCall(ticket);
}

/** From a batch. */
export function onRemoteAnswer(ticket: number, status: number, hasBytes: boolean): void {
	const bytes = hasBytes ? native.takeAnswer(ticket) : undefined;
	const caller = callers.get(ticket);
	callers.delete(ticket);
	caller?.onAnswer(status, bytes);
}
