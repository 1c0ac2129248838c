/** What a connection is known by in other threads. */
import {targetOf} from '../connection/origin.js';
import type {CallTarget} from '../loop/remote-calls.js';
import {invalidArgType} from '../validate.js';

/**
 * Names a connection for every thread of this process. Opaque; may be sent by `postMessage`. Made by `connection.remote()`, used by
 * `RemoteConnection.from()`.
 */
export interface RemoteToken {
	/** Tells what it is. */
	readonly kind: 'cotcp.remote';
	/** The connection's `id`. */
	readonly id: bigint;
}

export function makeToken(id: bigint): RemoteToken {
	return Object.freeze({kind: 'cotcp.remote', id});
}

/** What `value` names. @throws TypeError for what is no token */
export function readToken(value: unknown): CallTarget & {readonly id: bigint} {
	const id = idIn(value);
	const target = id === undefined ? undefined : targetOf(id);
	if (id === undefined || target === undefined)
		throw invalidArgType('token', 'what connection.remote() returned', value);
	return {...target, id};
}

function idIn(value: unknown): bigint | undefined {
	if (typeof value !== 'object' || value === null) return undefined;
	try {
		const {kind, id} = value as {readonly kind?: unknown; readonly id?: unknown};
		return kind === 'cotcp.remote' && typeof id === 'bigint' ? id : undefined;
	} catch {
		return undefined; // its getters or traps throw
	}
}
