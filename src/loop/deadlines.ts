/** Deadlines of calls: a binary heap under one lazily armed timer, so that a call's timeout costs no timer of its own. */

/** A call with a deadline. Make it with `heapIndex: notQueued` and leave that alone. */
export interface Deadline {
	/** Ms on the scale of `performance.now()`. Must not change while queued. */
	when: number;
	/** Where it is queued: its place in the heap, or below {@link notQueued} while it waits in a running `expire`. */
	heapIndex: number;
	/** Equal times go in the order of this, which `add` sets. */
	order: number;
	/** The time is over; it is not queued any more. */
	onDeadline(): void;
}

/** The `heapIndex` of a deadline that is not queued. */
export const notQueued = -1;

/** The deadlines of one thread, the earliest first. */
export class DeadlineQueue {
	readonly #arm: (when: number) => void;
	readonly #heap: Deadline[] = [];
	/** Those that the running `expire` has taken out and not yet called; undefined where one was removed. */
	#due: Array<Deadline | undefined> = [];
	#armedFor = Infinity;
	#isExpiring = false;
	#added = 0;

	/** @param arm sets the one timer, which calls `expire` at that time and replaces what was armed before */
	constructor(arm: (when: number) => void) {
		this.#arm = arm;
	}

	get size(): number {
		return this.#heap.length;
	}

	/** The earliest time, or undefined if there is none. */
	next(): number | undefined {
		return this.#heap[0]?.when;
	}

	/** Queues a deadline that is not queued. */
	add(deadline: Deadline): void {
		this.remove(deadline);
		deadline.order = ++this.#added;
		this.#siftUp(deadline, this.#heap.length);
		this.#armIfEarlier();
	}

	/** Does nothing if it is not queued. The timer stays armed: it finds nothing, at most once. */
	remove(deadline: Deadline): void {
		const index = deadline.heapIndex;
		deadline.heapIndex = notQueued;
		if (index >= 0) this.#removeAt(index);
		else if (index < notQueued) this.#due[dueIndex(index)] = undefined;
	}

	/** The timer has fired: calls what is due at `now`, in order. What is added meanwhile waits for the next timer, even if it is due. */
	expire(now: number): void {
		if (this.#isExpiring) return;
		this.#isExpiring = true;
		this.#armedFor = Infinity;
		this.#takeDue(now);
		for (let index = 0; index < this.#due.length; index++) {
			const deadline = this.#due[index];
			if (deadline === undefined) continue;
			deadline.heapIndex = notQueued;
			try {
				deadline.onDeadline();
			} catch (error) {
				queueMicrotask(() => {
					throw error;
				});
			}
		}

		this.#due = [];
		this.#isExpiring = false;
		this.#armIfEarlier();
	}

	#takeDue(now: number): void {
		for (let first = this.#heap[0]; first !== undefined && first.when <= now; first = this.#heap[0]) {
			this.#removeAt(0);
			first.heapIndex = dueIndex(this.#due.length);
			this.#due.push(first);
		}
	}

	#armIfEarlier(): void {
		const when = this.next();
		if (when === undefined || when >= this.#armedFor || this.#isExpiring) return;
		this.#armedFor = when;
		this.#arm(when);
	}

	/** The last one takes the place, and moves to where it belongs. */
	#removeAt(index: number): void {
		const last = this.#heap.pop();
		if (last === undefined || index === this.#heap.length) return;
		const parent = this.#heap[(index - 1) >> 1];
		if (index > 0 && parent !== undefined && isBefore(last, parent)) this.#siftUp(last, index);
		else this.#siftDown(last, index);
	}

	#siftUp(deadline: Deadline, start: number): void {
		let index = start;
		while (index > 0) {
			const parentIndex = (index - 1) >> 1;
			const parent = this.#heap[parentIndex];
			if (parent === undefined || !isBefore(deadline, parent)) break;
			this.#place(parent, index);
			index = parentIndex;
		}

		this.#place(deadline, index);
	}

	#siftDown(deadline: Deadline, start: number): void {
		let index = start;
		for (;;) {
			let childIndex = 2 * index + 1;
			let child = this.#heap[childIndex];
			const right = this.#heap[childIndex + 1];
			if (child !== undefined && right !== undefined && isBefore(right, child)) {
				child = right;
				childIndex++;
			}

			if (child === undefined || !isBefore(child, deadline)) break;
			this.#place(child, index);
			index = childIndex;
		}

		this.#place(deadline, index);
	}

	#place(deadline: Deadline, index: number): void {
		this.#heap[index] = deadline;
		deadline.heapIndex = index;
	}
}

function isBefore(a: Deadline, b: Deadline): boolean {
	return a.when < b.when || (a.when === b.when && a.order < b.order);
}

/** Between a place in the list of due ones and the `heapIndex` that stands for it: 0 is -2, 1 is -3, and back. */
function dueIndex(index: number): number {
	return notQueued - 1 - index;
}
