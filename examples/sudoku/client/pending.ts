/** A request that waits for its answer. */
export interface Request {
	/** Index of its grid. */
	readonly grid: number;
	/** Ms of `performance.now`: when it was sent, or should have been. */
	readonly since: number;
}

/** The requests of one connection that wait for their answers. */
export interface Pending {
	readonly size: number;
	/** Resolves to the id to send with it; `''`: none. */
	add(request: Request): string;
	/** The request that an answer with this id belongs to; undefined: none. */
	take(id: string): Request | undefined;
}

/** Each request has an id of its own: answers may come in any order. */
export class PendingById implements Pending {
	readonly #requests = new Map<string, Request>();
	#count = 0;

	get size(): number {
		return this.#requests.size;
	}

	add(request: Request): string {
		const id = String(this.#count++);
		this.#requests.set(id, request);
		return id;
	}

	take(id: string): Request | undefined {
		const request = this.#requests.get(id);
		this.#requests.delete(id);
		return request;
	}
}

/** No request has an id: answers have to come in order. */
export class PendingInOrder implements Pending {
	#requests: Request[] = [];
	#taken = 0;

	get size(): number {
		return this.#requests.length - this.#taken;
	}

	add(request: Request): string {
		this.#requests.push(request);
		return '';
	}

	take(id: string): Request | undefined {
		if (id !== '' || this.size === 0) return undefined;
		const request = this.#requests[this.#taken++];
		// Half of it is of no use any more: now and then, so that each request is moved once on the average.
		if (this.#taken > keptTaken && this.#taken * 2 > this.#requests.length) {
			this.#requests = this.#requests.slice(this.#taken);
			this.#taken = 0;
		}

		return request;
	}
}

const keptTaken = 1024;
