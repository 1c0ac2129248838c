/** Where connections come from: what their names, ids and signals are made of. One for all of a server. */
import {loopNumber} from '../loop/dispatch.js';
import type {Link} from './link.js';

export interface ConnectionOrigin {
	/** Of the name, up to its number. */
	readonly namePrefix: () => string;
	readonly draining: AbortSignal;
	/** Ms. */
	readonly closeTimeout: number;
}

/** `number`: from 1. */
export function nameOf(origin: ConnectionOrigin, number: number): string {
	return `${origin.namePrefix()}#${number}`;
}

// A slot has 20 bits, a generation 31; what is above tells the threads of the process apart.
const generationShift = 20n;
const threadShift = 52n;

export function idOf({slot, generation}: Link): bigint {
	return (BigInt(loopNumber) << threadShift) | (BigInt(generation) << generationShift) | BigInt(slot);
}
