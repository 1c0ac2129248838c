/** Those who wait in `accept()`, first-in first-out. */
import {Call, timeoutError} from '../connection/call.js';
import type {OperationSettings} from '../normalize.js';

export class AcceptQueue<Connection> {
	readonly #waiting: Array<Call<Connection | null>> = [];
	readonly #onDemand: (waiting: number) => void;

	/** @param onDemand is told whenever the number of those who wait has changed */
	constructor(onDemand: (waiting: number) => void) {
		this.#onDemand = onDemand;
	}

	get size(): number {
		return this.#waiting.length;
	}

	/** `now` gives a connection that can be had without waiting. */
	wait(settings: OperationSettings, now: () => Connection | undefined): Promise<Connection | null> {
		if (settings.timeout === 0) {
			const connection = this.#waiting.length === 0 ? now() : undefined;
			return connection === undefined ? Promise.reject(timeoutError(0)) : Promise.resolve(connection);
		}

		const call = new Call<Connection | null>();
		this.#waiting.push(call);
		call.limit(settings, error => {
			this.#waiting.splice(this.#waiting.indexOf(call), 1);
			this.#onDemand(this.#waiting.length);
			call.reject(error);
		});
		this.#onDemand(this.#waiting.length);
		return call.promise;
	}

	/** false: nobody waits any more. */
	give(connection: Connection): boolean {
		const call = this.#waiting.shift();
		call?.resolve(connection);
		return call !== undefined;
	}

	/** There will be no more. */
	end(): void {
		for (const call of this.#waiting.splice(0)) call.resolve(null);
	}
}
