/**
 * The listeners of a server with threads. They are opened by the thread that called `listen`, and natively they hand their peers,
 * or themselves, to the worker threads: no JavaScript runs for a peer before the one that gets it.
 */
import {native} from '../internal/addon.js';
import {errorFromErrno} from '../internal/errno-errors.js';
import type {SetupOutcome} from '../internal/native.js';
import type {ServerSettings} from '../normalize-endpoint.js';
import {openListener, type Listener, type ListenerObserver} from '../server/listener.js';
import type {Seat} from './messages.js';
import type {ThreadSettings} from './thread-settings.js';

type Place = Extract<SetupOutcome, {errno?: never}>;

/** Peers reset because of a limit of the whole server. */
export interface Refusals {
	readonly maxConnections: number;
	readonly maxConnectionsPerAddress: number;
}

const report = new Float64Array(2);

export class ThreadListeners {
	/** The one whose address is the server's. Whoever closes it closes all. */
	readonly first: Listener;
	readonly #others: Listener[];
	readonly #places: Place[] = [];
	readonly #seats = new Map<number, Seat>();
	readonly #lends: boolean;
	#observer: ListenerObserver | undefined;
	#refusals: Refusals = {maxConnections: 0, maxConnectionsPerAddress: 0};
	#areDoorsOpen = false;

	/** `host` is an address. @throws ResourceError, BrokenError */
	constructor(settings: ServerSettings, threads: ThreadSettings, host: string | undefined) {
		this.#lends = threads.dispatch === 'reuseport';
		const own = this.#lends ? {...settings, reusePort: true} : settings;
		this.first = this.#open(own, host);
		this.#others = [];
		try {
			const {port, address} = this.first.address;
			for (let more = this.#lends ? threads.count - 1 : 0; more > 0; more--)
				this.#others.push(this.#open({...own, port}, host ?? address));
		} catch (error) {
			this.first.close();
			throw error;
		}
	}

	/** From now on peers are taken. */
	openDoors(observer: ListenerObserver): void {
		this.#observer = observer;
		// Later: the code behind `await listen(...)` comes first.
		setImmediate(() => {
			this.#areDoorsOpen = true;
			for (const [index, seat] of this.#seats) this.#give(index, seat);
		});
	}

	/** A thread is ready. */
	addSeat(index: number, seat: Seat): void {
		this.#seats.set(index, seat);
		if (this.#areDoorsOpen) this.#give(index, seat);
	}

	/** It has ended. */
	removeSeat(index: number): void {
		const seat = this.#seats.get(index);
		if (seat === undefined) return;
		this.#seats.delete(index);
		for (const {slot, generation} of this.#places) native.removeLane(slot, generation, seat.loop);
	}

	refusals(): Refusals {
		const [place] = this.#places;
		if (this.first.isOpen && place !== undefined) {
			native.refusals(place.slot, place.generation, report);
			const [maxConnections = 0, maxConnectionsPerAddress = 0] = report;
			this.#refusals = {maxConnections, maxConnectionsPerAddress};
		}

		return this.#refusals;
	}

	#give(index: number, seat: Seat): void {
		if (!this.first.isOpen) return;
		for (const [at, {slot, generation}] of this.#places.entries()) {
			// The listener of a thread that has died is served by all others.
			native.addLane(slot, generation, seat.loop, seat.slot, seat.generation);
			if (!this.#lends || at !== index) continue;
			const errno = native.lend(slot, generation, seat.loop, seat.slot, seat.generation);
			if (errno !== 0) this.#observer?.onAcceptTrouble(errno, 0, false);
		}
	}

	#open(settings: ServerSettings, host: string | undefined): Listener {
		const isFirst = this.#places.length === 0;
		const observer: ListenerObserver = {
			onAccepted: () => {},
			onAcceptTrouble: (errno, refused, isPaused) => {
				this.#observer?.onAcceptTrouble(errno, refused, isPaused);
			},
			onClosing: () => {
				if (!isFirst) return;
				this.refusals();
				for (const listener of this.#others) listener.close();
			},
		};
		return openListener(settings, host, observer, request => {
			const limits = {
				connections: settings.maxConnections,
				perAddress: settings.maxConnectionsPerAddress,
				resets: settings.overload === 'reset',
			};
			const sibling = this.#places[0];
			const outcome = native.listenForThreads(request, limits, sibling?.slot ?? 0, sibling?.generation ?? 0);
			if (outcome.errno === undefined) this.#places.push(outcome);
			return outcome;
		});
	}
}

/** A worker thread's end of it. @throws ResourceError */
export function openReceiver(resetUnlessClosed: boolean): Place {
	const outcome = native.openReceiver(resetUnlessClosed);
	if (outcome.errno !== undefined) throw errorFromErrno(outcome.errno, outcome.syscall);
	return outcome;
}
