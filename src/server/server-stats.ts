/** The counters of a server. */
import type {CloseInfo, CloseReason} from '../connection-types.js';
import type {RefusalReason, ServerStats} from '../server-types.js';

/** A connection of either face, as far as it is counted. */
export interface Counted {
	readonly info: CloseInfo | undefined;
	bytesRead(): number;
	bytesWritten(): number;
}

export class StatsCounter {
	accepted = 0;
	acceptErrors = 0;
	handlerErrors = 0;
	readonly refused: Record<RefusalReason, number> = {maxConnections: 0, maxConnectionsPerAddress: 0, blockList: 0};
	readonly #ended: Record<CloseReason, number> = {
		closed: 0,
		reset: 0,
		broken: 0,
		error: 0,
		cancelled: 0,
		aborted: 0,
		detached: 0,
		maxPendingBytes: 0,
		stallTimeout: 0,
		sendTimeout: 0,
		idleTimeout: 0,
	};
	#bytesRead = 0;
	#bytesWritten = 0;

	countEnd({info}: Counted): void {
		if (info === undefined) return;
		this.#ended[info.reason]++;
		this.#bytesRead += info.bytesRead;
		this.#bytesWritten += info.bytesWritten;
	}

	/** As of now, with those that are open. */
	snapshot(open: readonly Counted[]): ServerStats {
		let bytesRead = this.#bytesRead;
		let bytesWritten = this.#bytesWritten;
		for (const connection of open) {
			bytesRead += connection.bytesRead();
			bytesWritten += connection.bytesWritten();
		}

		return {
			accepted: this.accepted,
			open: open.length,
			refused: {...this.refused},
			acceptErrors: this.acceptErrors,
			handlerErrors: this.handlerErrors,
			ended: {...this.#ended},
			bytesRead,
			bytesWritten,
		};
	}
}
