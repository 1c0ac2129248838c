/** One attempt to connect to one address. */
import {Deferred} from '../deferred.js';
import {native} from '../internal/addon.js';
import {errorFromErrno} from '../internal/errno-errors.js';
import type {NativeAddress, NativeSocketSettings} from '../internal/native.js';
import {attach, detach, type ConnectTarget} from '../loop/dispatch.js';
import {report} from '../loop/layout.js';
import type {Attempt} from './race.js';

/** A slot with a connection in it that nobody has taken yet. */
export interface ConnectedSlot {
	readonly slot: number;
	readonly generation: number;
	/** Where it leads, for its name. */
	readonly target: string;
}

/** What an attempt needs of the settings. */
export interface AttemptSettings {
	readonly localAddress: string | undefined;
	readonly localPort: number;
	readonly connection: NativeSocketSettings;
}

const scratch = new Float64Array(report.fields);

class PendingConnect extends Deferred<ConnectedSlot> implements ConnectTarget {
	readonly generation: number;
	readonly #slot: number;
	readonly #address: NativeAddress;
	#isPending = true;

	constructor(slot: number, generation: number, address: NativeAddress) {
		super();
		this.#slot = slot;
		this.generation = generation;
		this.#address = address;
		attach(slot, this);
	}

	onConnected(): void {
		this.#isPending = false;
		const {generation} = this;
		const target = 'path' in this.#address ? this.#address.path : `${this.#address.address}:${this.#address.port}`;
		this.fulfill({slot: this.#slot, generation, target});
	}

	onConnectFailed(errno: number, syscall: string): void {
		this.#end();
		this.refuse(errorFromErrno(errno, syscall === 'read' ? 'connect' : syscall, this.#address));
	}

	/** Gives up, unless it has come to its end. */
	cancel(): void {
		if (this.#isPending) this.#end();
	}

	#end(): void {
		this.#isPending = false;
		native.release(this.#slot, this.generation, true, scratch);
		detach(this.#slot, this);
	}
}

export function startAttempt(
	address: NativeAddress,
	{localAddress, localPort, connection}: AttemptSettings,
): Attempt<ConnectedSlot> {
	const local = localAddress === undefined && localPort === 0 ? null : localOf(address, localAddress, localPort);
	const outcome = native.connect({peer: address, local, socket: connection});
	if (outcome.errno !== undefined) {
		const failed = outcome.syscall === 'bind' && local !== null ? local : address;
		return {promise: Promise.reject(errorFromErrno(outcome.errno, outcome.syscall, failed)), cancel() {}};
	}

	return new PendingConnect(outcome.slot, outcome.generation, address);
}

/** The address to bind to; without one, any of the peer's family. */
function localOf(peer: NativeAddress, address: string | undefined, port: number): NativeAddress | null {
	if ('path' in peer) return null;
	return {address: address ?? (native.addressFamily(peer.address) === 6 ? '::' : '0.0.0.0'), port};
}
