/**
 * How long no byte has come or gone: `idleTimeout`. Native code notes the time of the last transfer; the one deadline looks at it
 * when it is over, and is set anew. Made only for connections with that limit.
 */
import {performance} from 'node:perf_hooks';
import {deadlines} from '../loop/call-deadlines.js';
import {Deadline} from '../loop/deadlines.js';
import {timeLimitPassed, type LimitedConnection} from './limits.js';

export class IdleWatch {
	readonly #connection: LimitedConnection;
	#deadline: Deadline | undefined;

	constructor(connection: LimitedConnection) {
		this.#connection = connection;
		connection.link.timeTransfers();
		this.#wait(connection.limits.idleTimeout - connection.link.idleTime());
	}

	end(): void {
		if (this.#deadline === undefined) return;
		deadlines.remove(this.#deadline);
		this.#deadline.forget();
		this.#deadline = undefined;
	}

	onDeadline(): void {
		const {limits, link} = this.#connection;
		if (this.#deadline === undefined || link.isReleased) return;
		const idle = link.idleTime();
		if (idle < limits.idleTimeout) {
			this.#wait(limits.idleTimeout - idle);
			return;
		}

		this.#connection.onLimit('idleTimeout', timeLimitPassed('idleTimeout', limits.idleTimeout, link.place));
	}

	#wait(ms: number): void {
		this.#deadline = new Deadline(performance.now() + ms, this);
		deadlines.add(this.#deadline);
	}
}
