/** Where connections come from: what their names, ids and signals are made of. One for all of a server. */
import {loopNumber} from '../loop/dispatch.js';
import type {CallTarget} from '../loop/remote-calls.js';
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

const slotBits = 20;
const generationBits = 31;
const loopBits = 32;

/** Of which connection it is the id. undefined: of none that could ever be. */
export function targetOf(id: bigint): CallTarget | undefined {
	const loop = id >> threadShift;
	const generation = BigInt.asUintN(generationBits, id >> generationShift);
	const slot = BigInt.asUintN(slotBits, id);
	if (id < 0n || loop >> BigInt(loopBits) !== 0n || generation === 0n) return undefined;
	const target = {loop: Number(loop), slot: Number(slot), generation: Number(generation)};
	return idFrom(target) === id ? target : undefined;
}

function idFrom({loop, slot, generation}: CallTarget): bigint {
	return (BigInt(loop) << threadShift) | (BigInt(generation) << generationShift) | BigInt(slot);
}

export function idOf({slot, generation}: Link): bigint {
	return idFrom({loop: loopNumber, slot, generation});
}
