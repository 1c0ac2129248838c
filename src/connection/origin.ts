/** Where a connection comes from: what its name, its id and its signals are made of. */
import {threadId} from 'node:worker_threads';
import type {Link} from './link.js';

export interface ConnectionOrigin {
	/** Of the name, up to its number. */
	readonly namePrefix: () => string;
	/** From 1. */
	readonly number: number;
	readonly draining: AbortSignal;
	/** Ms. */
	readonly closeTimeout: number;
}

export function nameOf(origin: ConnectionOrigin): string {
	return `${origin.namePrefix()}#${origin.number}`;
}

// A slot has 20 bits, a generation 31; what is above tells the threads of the process apart.
const generationShift = 20n;
const threadShift = 52n;

export function idOf({slot, generation}: Link): bigint {
	return (BigInt(threadId) << threadShift) | (BigInt(generation) << generationShift) | BigInt(slot);
}
