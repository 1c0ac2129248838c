/** The counters of a server. */
import type {CloseReason} from '../connection-types.js';
import type {Lifetime} from '../connection/lifetime.js';
import type {ServerStats} from '../server-types.js';

export class StatsCounter {
	accepted = 0;
	acceptErrors = 0;
	handlerErrors = 0;
	refusedByMaxConnections = 0;
	readonly #ended: Record<CloseReason, number> = {
		closed: 0,
		reset: 0,
		broken: 0,
		error: 0,
		cancelled: 0,
		aborted: 0,
		maxPendingBytes: 0,
	};
	#bytesRead = 0;
	#bytesWritten = 0;

	countEnd(lifetime: Lifetime): void {
		const info = lifetime.info;
		if (info === undefined) return;
		this.#ended[info.reason]++;
		this.#bytesRead += info.bytesRead;
		this.#bytesWritten += info.bytesWritten;
	}

	/** As of now, with those that are open. */
	snapshot(open: readonly Lifetime[]): ServerStats {
		let bytesRead = this.#bytesRead;
		let bytesWritten = this.#bytesWritten;
		for (const lifetime of open) {
			bytesRead += lifetime.reads.source.bytesRead;
			bytesWritten += lifetime.link.bytesWritten();
		}

		return {
			accepted: this.accepted,
			open: open.length,
			refused: {maxConnections: this.refusedByMaxConnections},
			acceptErrors: this.acceptErrors,
			handlerErrors: this.handlerErrors,
			ended: {...this.#ended},
			bytesRead,
			bytesWritten,
		};
	}
}
