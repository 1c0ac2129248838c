/**
 * Deadlines of calls, and timers: a binary heap under one lazily armed timer, so that a call's timeout costs no timer of its own.
 *
 * Most of them are removed before their time. One that is removed stays in the heap until it comes to the top, or with all other removed ones until they
 * are more than half: taking it out of the middle of a heap of a million would cost microseconds.
 *
 * Ten thousand may be due at once, as when so many peers have come together and none of them goes on. What one `expire` does not get
 * round to stays where it is and is first in the next one.
 */

/** What waits for its time. Make it with `order: 0` and `isQueued: false` and leave these alone. */
export interface Waiting {
	/** Ms on the scale of `performance.now()`. Must not change from `add` on, also after `remove`: only the call frees it. */
	readonly when: number;
	/** Equal times go in the order of this, which `add` sets. */
	order: number;
	isQueued: boolean;
	/** The time is over; it is not queued any more, and may be added again. */
	onDeadline(): void;
}

/** The deadline of one call, made anew for each time. Removed, it holds on to nobody. */
export class Deadline implements Waiting {
	readonly when: number;
	order = 0;
	isQueued = false;
	#target: {onDeadline(): void} | undefined;

	constructor(when: number, target: {onDeadline(): void}) {
		this.when = when;
		this.#target = target;
	}

	/** Whoever it was for has no use for it any more. */
	forget(): void {
		this.#target = undefined;
	}

	onDeadline(): void {
		this.#target?.onDeadline();
	}
}

/** So many removed ones are never worth a clean-up. */
const toleratedRemoved = 64;

/** The deadlines of one thread, the earliest first. */
export class DeadlineQueue {
	readonly #arm: (when: number) => void;
	readonly #heap: Waiting[] = [];
	/** Taken out of the heap by `expire`, in order, and called as far as `#dueAt`. */
	#due: Waiting[] = [];
	#dueAt = 0;
	/** Those in the heap, and those due that have not been called yet. */
	#size = 0;
	#armedFor = Infinity;
	#isExpiring = false;
	#added = 0;

	/** @param arm sets the one timer, which calls `expire` at that time and replaces what was armed before */
	constructor(arm: (when: number) => void) {
		this.#arm = arm;
	}

	get size(): number {
		return this.#size;
	}

	/** The earliest time, or undefined if there is none. */
	next(): number | undefined {
		const due = this.#nextDue();
		if (due !== undefined) return due.when;
		let first = this.#heap[0];
		while (first?.isQueued === false) {
			this.#removeFirst();
			first = this.#heap[0];
		}

		return first?.when;
	}

	/** Queues what has never been queued, or has been called since. */
	add(waiting: Waiting): void {
		waiting.order = ++this.#added;
		waiting.isQueued = true;
		this.#size++;
		const heap = this.#heap;
		siftUp(heap, waiting, heap.length);
		if (waiting.when < this.#armedFor) this.#armIfEarlier();
	}

	/** Does nothing if it is not queued. The timer stays armed: it finds nothing, at most once. */
	remove(waiting: Waiting): void {
		if (!waiting.isQueued) return;
		waiting.isQueued = false;
		this.#size--;
		if (this.#heap.length > 2 * this.#size + toleratedRemoved) this.#dropRemoved();
	}

	/**
	 * The timer has fired: calls what is due at `now`, in order. What is added meanwhile waits for the next timer, even if it is due.
	 *
	 * @param isSliceOver asked after each one: the rest waits for the next timer, which is armed at once
	 */
	expire(now: number, isSliceOver: () => boolean = never): void {
		if (this.#isExpiring) return;
		this.#isExpiring = true;
		this.#armedFor = Infinity;
		if (this.#nextDue() === undefined) this.#takeDue(now);
		for (let waiting = this.#nextDue(); waiting !== undefined; waiting = this.#nextDue()) {
			this.#dueAt++;
			waiting.isQueued = false;
			this.#size--;
			try {
				waiting.onDeadline();
			} catch (error) {
				queueMicrotask(() => {
					throw error;
				});
			}

			if (isSliceOver()) break;
		}

		this.#isExpiring = false;
		this.#armIfEarlier();
	}

	#takeDue(now: number): void {
		for (let first = this.#heap[0]; first !== undefined && first.when <= now; first = this.#heap[0]) {
			this.#removeFirst();
			this.#due.push(first);
		}
	}

	/** The first that is due and has not been called, nor removed since. */
	#nextDue(): Waiting | undefined {
		const due = this.#due;
		while (this.#dueAt < due.length) {
			const waiting = due[this.#dueAt] as Waiting;
			if (waiting.isQueued) return waiting;
			this.#dueAt++;
		}

		if (due.length > 0) this.#due = [];
		this.#dueAt = 0;
		return undefined;
	}

	#armIfEarlier(): void {
		if (this.#isExpiring) return;
		const when = this.next();
		if (when === undefined || when >= this.#armedFor) return;
		this.#armedFor = when;
		this.#arm(when);
	}

	/** The last one takes the place, and moves to where it belongs. */
	#removeFirst(): void {
		const last = this.#heap.pop();
		if (last !== undefined && this.#heap.length > 0) siftDown(this.#heap, last, 0);
	}

	#dropRemoved(): void {
		const heap = this.#heap;
		let kept = 0;
		for (const waiting of heap) if (waiting.isQueued) heap[kept++] = waiting;
		heap.length = kept;
		for (let index = (heap.length >> 1) - 1; index >= 0; index--) siftDown(heap, heap[index] as Waiting, index);
	}
}

const never = (): boolean => false;

function isBefore(a: Waiting, b: Waiting): boolean {
	return a.when < b.when || (a.when === b.when && a.order < b.order);
}

/** Puts `waiting` where it belongs, between `start`, which is free, and the top. */
function siftUp(heap: Waiting[], waiting: Waiting, start: number): void {
	let index = start;
	while (index > 0) {
		const parentIndex = (index - 1) >> 1;
		const parent = heap[parentIndex] as Waiting;
		if (!isBefore(waiting, parent)) break;
		heap[index] = parent;
		index = parentIndex;
	}

	heap[index] = waiting;
}

/** Puts `waiting` where it belongs, between `start`, which is free, and the bottom. */
function siftDown(heap: Waiting[], waiting: Waiting, start: number): void {
	let index = start;
	for (;;) {
		let childIndex = 2 * index + 1;
		if (childIndex >= heap.length) break;
		let child = heap[childIndex] as Waiting;
		const right = heap[childIndex + 1];
		if (right !== undefined && isBefore(right, child)) {
			child = right;
			childIndex++;
		}

		if (!isBefore(child, waiting)) break;
		heap[index] = child;
		index = childIndex;
	}

	heap[index] = waiting;
}
