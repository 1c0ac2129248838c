/** What runs in time for one connection; most have nothing of it. */
import {performance} from 'node:perf_hooks';
import {CloseDeadline, type Closing} from './close-deadline.js';
import {IdleWatch} from './idle-watch.js';
import type {LimitedConnection} from './limits.js';
import {SendClock} from './send-clock.js';

export class Timing {
	sends: SendClock | undefined;
	#idle: IdleWatch | undefined;
	#closing: CloseDeadline | undefined;

	/** undefined: its limits need none. */
	static of(connection: LimitedConnection): Timing | undefined {
		const {sendTimeout, idleTimeout} = connection.limits;
		if (sendTimeout === Infinity && idleTimeout === Infinity) return undefined;
		const timing = new Timing();
		if (sendTimeout !== Infinity) timing.sends = new SendClock(connection);
		if (idleTimeout !== Infinity) timing.#idle = new IdleWatch(connection);
		return timing;
	}

	/** At the latest in `timeout` ms. */
	closeWithin(timeout: number, closing: Closing): void {
		(this.#closing ??= new CloseDeadline(closing)).bring(performance.now() + timeout);
	}

	end(): void {
		this.#closing?.end();
		this.sends?.end();
		this.#idle?.end();
	}
}
