/** Counts what keeps the process alive: listeners, ref'd connections, pending connects, timers, waiting sends. */
import {native} from '../internal/addon.js';

let holders = 0;

export function hold(): void {
	if (++holders === 1) native.hold(true);
}

export function release(): void {
	if (--holders === 0) native.hold(false);
}

/** One thing that may hold, switched by ref() and unref() and ended once. */
export class Holder {
	#isRef = true;
	#isActive = false;

	get isRef(): boolean {
		return this.#isRef;
	}

	start(): void {
		if (this.#isActive) return;
		this.#isActive = true;
		if (this.#isRef) hold();
	}

	end(): void {
		if (!this.#isActive) return;
		this.#isActive = false;
		if (this.#isRef) release();
	}

	set(isRef: boolean): void {
		if (this.#isRef === isRef) return;
		this.#isRef = isRef;
		if (!this.#isActive) return;
		if (isRef) hold();
		else release();
	}
}
