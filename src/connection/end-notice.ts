/** How the user hears of a connection's end: `signal`, then `closed`. Made when somebody asks for one of them. */
import type {CloseInfo} from '../connection-types.js';
import type {TcpError} from '../errors.js';

export class EndNotice {
	readonly closed: Promise<CloseInfo>;
	#resolve!: (info: CloseInfo) => void;
	#aborter: AbortController | undefined;
	/** Why it has ended, once that has been told. */
	#reason: TcpError | undefined;

	constructor() {
		this.closed = new Promise(resolve => {
			this.#resolve = resolve;
		});
	}

	get signal(): AbortSignal {
		if (this.#aborter === undefined) {
			this.#aborter = new AbortController();
			if (this.#reason !== undefined) this.#aborter.abort(this.#reason);
		}

		return this.#aborter.signal;
	}

	/** Runs the listeners of `signal`. */
	tell(info: CloseInfo, reason: TcpError): void {
		this.#reason = reason;
		this.#aborter?.abort(reason);
		this.#resolve(info);
	}
}
