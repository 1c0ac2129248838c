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
	const {kind, id} = (value ?? {}) as {readonly kind?: unknown; readonly id?: unknown};
	const target = kind === 'cotcp.remote' && typeof id === 'bigint' ? targetOf(id) : undefined;
	if (target === undefined) throw invalidArgType('token', 'what connection.remote() returned', value);
	return {...target, id: id as bigint};
}
