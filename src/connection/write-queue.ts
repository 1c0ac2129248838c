/**
 * The calls of a connection's writing half that have not settled, first-in first-out: the first one has its turn, the others
 * wait. Knows how much waits.
 */
import type {Writer} from './writer.js';

/** What a call that waits costs beside its bytes: a million sends of one byte are no megabyte. */
const callBytes = 64;
/** So many places at the front may be empty before the array is moved up: taking out the first of very many stays cheap. */
const mostEmpty = 1024;

export class WriteQueue {
	/** Empty before `#first`, so that what has settled can be collected. */
	#writers: Array<Writer | undefined> = [];
	#first = 0;
	#waitingBytes = 0;

	get length(): number {
		return this.#writers.length - this.#first;
	}

	/** The one whose turn it is. */
	get head(): Writer | undefined {
		return this.#writers[this.#first];
	}

	/** Bytes in memory of those behind the first, and 64 for each of them. */
	get waitingBytes(): number {
		return this.#waitingBytes;
	}

	push(writer: Writer): void {
		if (this.length > 0) this.#waitingBytes += cost(writer);
		this.#writers.push(writer);
	}

	/** The next one has its turn, and waits no longer. */
	shift(): void {
		this.#writers[this.#first++] = undefined;
		if (this.#first >= mostEmpty && this.#first * 2 > this.#writers.length) {
			this.#writers = this.#writers.slice(this.#first);
			this.#first = 0;
		}

		const {head} = this;
		if (head !== undefined) this.#waitingBytes -= cost(head);
	}

	/** false: it is not here. */
	remove(writer: Writer): boolean {
		const index = this.#writers.indexOf(writer, this.#first);
		if (index < 0) return false;
		if (index === this.#first) {
			this.shift();
		} else {
			this.#writers.splice(index, 1);
			this.#waitingBytes -= cost(writer);
		}

		return true;
	}

	/** A message that was not there when it was pushed has become so many bytes. */
	grow(writer: Writer, bytes: number): void {
		if (writer !== this.head && this.#writers.includes(writer, this.#first)) this.#waitingBytes += bytes;
	}

	/** In order, beginning with the first. */
	all(): Writer[] {
		return this.#writers.slice(this.#first) as Writer[];
	}
}

/** The same from the push to the turn: nothing of a call that waits is sent. */
function cost(writer: Writer): number {
	return writer.isRemote === true ? callBytes : (writer.bytesInMemory ?? writer.bytesLeft) + callBytes;
}
