/** The FIN of this side: asked for, then sent. */
import type {EndSource} from './end-source.js';
import type {Link} from './link.js';
import type {FinObserver} from './writer.js';

export class Fin implements FinObserver {
	readonly #link: Link;
	readonly #end: EndSource;
	/** Calls of shutdown that wait. */
	#waiting = 0;
	#isSent = false;

	constructor(link: Link, end: EndSource) {
		this.#link = link;
		this.#end = end;
	}

	/** `shutdown` has been called, or the FIN has gone out. */
	get isAsked(): boolean {
		return this.#isSent || this.#waiting > 0;
	}

	get isSent(): boolean {
		return this.#isSent;
	}

	onFinWaiting(change: 1 | -1): void {
		this.#waiting += change;
	}

	onFinTurn(): void {
		if (this.#isSent) return;
		this.#link.shutdown();
		this.#isSent = true;
		this.#end.onHalfEnd();
	}
}
