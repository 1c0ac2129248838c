/**
 * Where the messages end that have been handed to native code and may not be in the kernel: positions in the stream of all bytes
 * written. Small neighbours that wait together count as one, so that a million sends of one byte do not cost a million marks.
 */
import type {Link} from './link.js';

/** A message longer than this has a mark of its own. */
const gatheredBytes = 4096;
/** So many marks at the front may be done with before the array is moved up. */
const mostDone = 1024;

export class SendMarks {
	readonly #link: Link;
	#ends: number[] = [];
	#first = 0;
	/** Position behind all that has been handed in. */
	#end = 0;
	/** Where the last mark's bytes begin. */
	#lastStart = 0;

	constructor(link: Link) {
		this.#link = link;
	}

	/** Before a message is handed in: what there was has gone out, unless something holds it back. */
	begin(): void {
		if (this.#link.isBlocked || this.#link.hasPosted) return;
		this.#ends.length = 0;
		this.#first = 0;
		this.#end = this.#link.bytesWritten();
	}

	/** A message of `length` bytes has been handed in. */
	add(length: number): void {
		const start = this.#end;
		this.#end += length;
		// Not the first one, whose time may be running.
		const isGathered = this.#ends.length - this.#first > 1 && this.#end - this.#lastStart <= gatheredBytes;
		if (isGathered) {
			this.#ends[this.#ends.length - 1] = this.#end;
		} else {
			this.#ends.push(this.#end);
			this.#lastStart = start;
		}
	}

	/** The end of the message that is on its way; undefined: all are in the kernel. */
	head(): number | undefined {
		if (this.#first === this.#ends.length) return undefined;
		const written = this.#link.bytesWritten();
		while (this.#first < this.#ends.length && (this.#ends[this.#first] as number) <= written) this.#first++;
		if (this.#first >= mostDone) {
			this.#ends.splice(0, this.#first);
			this.#first = 0;
		}

		return this.#ends[this.#first];
	}

	/** The same connection goes on in the other face. */
	takeOver(other: SendMarks): void {
		this.#ends = other.#ends;
		this.#first = other.#first;
		this.#end = other.#end;
		this.#lastStart = other.#lastStart;
	}
}
