/** Abort of many calls by one AbortSignal: one listener per signal, not per call, and none when no call waits. */

/** A call that can be aborted. */
export interface AbortEntry {
	/** The signal has aborted; the entry is not watched any more. */
	onAbort(reason: unknown): void;
}

/** The calls that wait on one signal. */
class AbortHub {
	readonly #signal: AbortSignal;
	readonly #entries = new Set<AbortEntry>();
	readonly #listener = (): void => {
		this.#onAbort();
	};

	constructor(signal: AbortSignal) {
		this.#signal = signal;
	}

	add(entry: AbortEntry): void {
		this.#entries.add(entry);
		if (this.#signal.aborted)
			queueMicrotask(this.#listener); // its event is over
		else if (this.#entries.size === 1) this.#signal.addEventListener('abort', this.#listener);
	}

	remove(entry: AbortEntry): void {
		if (this.#entries.delete(entry) && this.#entries.size === 0)
			this.#signal.removeEventListener('abort', this.#listener);
	}

	#onAbort(): void {
		if (!this.#signal.aborted) return; // an event that somebody made up
		this.#signal.removeEventListener('abort', this.#listener);
		const {reason} = this.#signal as {readonly reason: unknown};
		const due = [...this.#entries];
		for (const entry of due) {
			if (!this.#entries.delete(entry)) continue; // removed by an entry before it
			try {
				entry.onAbort(reason);
			} catch (error) {
				queueMicrotask(() => {
					throw error;
				});
			}
		}
	}
}

const hubs = new WeakMap<AbortSignal, AbortHub>();

/** From now on, the abort of `signal` calls `entry.onAbort` once, synchronously. If it has aborted already: in a microtask. */
export function watchAbort(signal: AbortSignal, entry: AbortEntry): void {
	let hub = hubs.get(signal);
	if (hub === undefined) {
		hub = new AbortHub(signal);
		hubs.set(signal, hub);
	}

	hub.add(entry);
}

/** `entry` is not called any more. Does nothing if it is not watched. */
export function unwatchAbort(signal: AbortSignal, entry: AbortEntry): void {
	hubs.get(signal)?.remove(entry);
}
