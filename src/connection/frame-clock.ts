/**
 * How long a frame takes from its first byte to its last, while somebody waits for it. One deadline per connection, armed when a frame
 * is first found incomplete and looked at when it fires: a complete frame costs nothing.
 */
import {performance} from 'node:perf_hooks';
import {deadlines} from '../loop/call-deadlines.js';
import {Deadline} from '../loop/deadlines.js';

/** Whose frames they are. */
export interface FrameClockOwner {
	/** Ms, Infinity for no limit. */
	readonly frameTimeout: number;
	/** The frame has taken longer. Runs no code of the user's. */
	onFrameOverdue(): void;
}

export class FrameClock {
	readonly #owner: FrameClockOwner;
	/** Where the frame begins, in bytes since the beginning of the stream. */
	#start = -1;
	/** Ms that the frame has taken before `#since`. */
	#used = 0;
	#since = 0;
	#isRunning = false;
	#isPaused = false;
	/** What lies in the kernel when the time is over still counts: it is given one turn. */
	#hadLastTurn = false;
	#deadline: Deadline | undefined;

	constructor(owner: FrameClockOwner) {
		this.#owner = owner;
	}

	/** Somebody waits for the rest of the frame that begins at `start`. */
	run(start: number): void {
		if (this.#owner.frameTimeout === Infinity) return;
		if (start !== this.#start) {
			this.#start = start;
			this.#used = 0;
			this.#hadLastTurn = false;
		} else if (this.#isRunning) return;
		this.#isRunning = true;
		this.#isPaused = false;
		this.#since = performance.now();
		// An older deadline comes earlier, and sees what is left.
		if (this.#deadline === undefined) this.#arm(this.#since + this.#owner.frameTimeout - this.#used);
	}

	/** The frame is complete. */
	stop(): void {
		this.#isRunning = false;
		this.#isPaused = false;
	}

	/** Nobody waits any more: that time is not the peer's. */
	pause(): void {
		if (!this.#isRunning) return;
		this.#isRunning = false;
		this.#isPaused = true;
		this.#used += performance.now() - this.#since;
	}

	/** Somebody waits again, for what they waited for when it was paused. */
	resume(): void {
		if (this.#isPaused) this.run(this.#start);
	}

	/** The connection has ended. */
	end(): void {
		this.stop();
		if (this.#deadline === undefined) return;
		deadlines.remove(this.#deadline);
		this.#deadline.forget();
		this.#deadline = undefined;
	}

	onDeadline(): void {
		this.#deadline = undefined;
		if (!this.#isRunning) return;
		const now = performance.now();
		const left = this.#owner.frameTimeout - this.#used - (now - this.#since);
		if (left > 0) this.#arm(now + left);
		else if (this.#hadLastTurn) this.#owner.onFrameOverdue();
		else {
			this.#hadLastTurn = true;
			this.#arm(now);
		}
	}

	#arm(when: number): void {
		this.#deadline = new Deadline(when, this);
		deadlines.add(this.#deadline);
	}
}
