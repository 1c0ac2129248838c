/** A listening socket as seen from JavaScript: its slot, its demand, its address. */
import type {SocketAddress} from '../connection-types.js';
import {toSocketAddress} from '../connection/report.js';
import {native} from '../internal/addon.js';
import {errorFromErrno} from '../internal/errno-errors.js';
import type {NativeAddress, NativeEndpoint} from '../internal/native.js';
import {attach, detach, type ListenerTarget} from '../loop/dispatch.js';
import {report} from '../loop/layout.js';
import type {ServerSettings} from '../normalize-endpoint.js';

/** Who takes what the listener accepts. */
export interface ListenerObserver {
	/** May run code of the user's. */
	onAccepted(slot: number, generation: number): void;
	onAcceptTrouble(errno: number, refused: number, isPaused: boolean): void;
	/** Before the descriptor goes. */
	onClosing?(): void;
}

/** The socket cannot have this kind of address: there is no IPv6 here. */
const noSuchFamily: ReadonlySet<number> = new Set([97 /* EAFNOSUPPORT */, 99 /* EADDRNOTAVAIL */]);
const scratch = new Float64Array(report.fields);

export class Listener implements ListenerTarget {
	readonly generation: number;
	readonly address: SocketAddress;
	readonly #slot: number;
	readonly #observer: ListenerObserver;
	#isOpen = true;

	/** `address`: of one that has no socket in this thread. */
	constructor(slot: number, generation: number, observer: ListenerObserver, address?: SocketAddress) {
		this.#slot = slot;
		this.generation = generation;
		this.#observer = observer;
		this.address = address ?? toSocketAddress(native.endpoint(slot, generation, false) as NativeEndpoint);
		attach(slot, this);
	}

	get isOpen(): boolean {
		return this.#isOpen;
	}

	/** How many more peers are wanted now, Infinity for all; the rest waits in the kernel's backlog. */
	setDemand(peers: number): void {
		if (this.#isOpen) native.setDemand(this.#slot, this.generation, peers);
	}

	/** A peer that waits, now; undefined if there is none. */
	acceptNow(): {slot: number; generation: number} | undefined {
		const outcome = native.acceptNow(this.#slot, this.generation);
		return outcome.errno === undefined ? outcome : undefined;
	}

	close(): void {
		if (!this.#isOpen) return;
		this.#observer.onClosing?.();
		this.#isOpen = false;
		native.release(this.#slot, this.generation, false, scratch);
		detach(this.#slot, this);
	}

	onAccepted(slot: number, generation: number): void {
		// Accepted in the batch in which the listener was closed.
		if (this.#isOpen) this.#observer.onAccepted(slot, generation);
		else refuse(slot, generation);
	}

	onAcceptTrouble(errno: number, refused: number, isPaused: boolean): void {
		this.#observer.onAcceptTrouble(errno, refused, isPaused);
	}
}

/** Resets a peer that has been accepted. */
export function refuse(slot: number, generation: number): void {
	native.release(slot, generation, true, scratch);
}

type ListenCall = typeof native.listen;

/** Binds and listens. @throws ResourceError or BrokenError */
export function openListener(
	settings: ServerSettings,
	host: string | undefined,
	observer: ListenerObserver,
	listen: ListenCall = native.listen,
): Listener {
	const {path, port = 0} = settings;
	if (path !== undefined) return listenAt({path}, settings, observer, listen);
	if (host !== undefined) return listenAt({address: host, port}, settings, observer, listen);
	const dual = tryListen({address: '::', port}, settings, listen);
	if (dual.errno === undefined) return new Listener(dual.slot, dual.generation, observer);
	if (noSuchFamily.has(dual.errno) && !settings.ipv6Only)
		return listenAt({address: '0.0.0.0', port}, settings, observer, listen);
	throw errorFromErrno(dual.errno, dual.syscall, {address: '::', port});
}

function listenAt(
	address: NativeAddress,
	settings: ServerSettings,
	observer: ListenerObserver,
	listen: ListenCall,
): Listener {
	const outcome = tryListen(address, settings, listen);
	if (outcome.errno !== undefined) throw errorFromErrno(outcome.errno, outcome.syscall, address);
	return new Listener(outcome.slot, outcome.generation, observer);
}

function tryListen(
	address: NativeAddress,
	{backlog, ipv6Only, reusePort, connection}: ServerSettings,
	listen: ListenCall,
): ReturnType<ListenCall> {
	return listen({address, backlog, ipv6Only, reusePort, socket: connection});
}
