/** The user's value on a connection, disposed once when it is over, however that came about. */

/** Holds one value. Its disposer runs in a microtask, never inside `set` or `finish`. */
export class ContextSlot<Context> {
	readonly #onError: (error: unknown) => void;
	#value: Context | undefined;
	#isFinished = false;
	/** Values that have been disposed here: one that comes back is not disposed again. Most connections have none. */
	#disposed: WeakSet<object> | undefined;
	/** Disposals that have not ended. */
	#running: Set<Promise<void>> | undefined;

	/** @param onError is told, in a microtask, what disposing a value threw, or rejected with; must not throw */
	constructor(onError: (error: unknown) => void) {
		this.#onError = onError;
	}

	/** The value, also after it has been disposed at the end. */
	get(): Context | undefined {
		return this.#value;
	}

	/** Puts `value` in the place of the one before, which is disposed unless it is the same. After `finish`: `value` itself is. */
	set(value: Context | undefined): void {
		const before = this.#value;
		this.#value = value;
		if (this.#isFinished) this.#retire(value);
		else if (before !== value) this.#retire(before);
	}

	/** Disposes the value. Returns what resolves (it never rejects) when all disposals have ended, or undefined if there are none. */
	finish(): Promise<void> | undefined {
		if (!this.#isFinished) {
			this.#isFinished = true;
			this.#retire(this.#value);
		}

		if (this.#running === undefined || this.#running.size === 0) return undefined;
		return Promise.all(this.#running).then(() => {});
	}

	#retire(value: unknown): void {
		if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return;
		const dispose = disposerOf(value);
		if (dispose === undefined || this.#disposed?.has(value) === true) return;
		this.#disposed ??= new WeakSet();
		this.#disposed.add(value);
		const disposal = this.#run(dispose);
		this.#running ??= new Set();
		this.#running.add(disposal);
		void disposal.then(() => this.#running?.delete(disposal));
	}

	async #run(dispose: () => unknown): Promise<void> {
		await Promise.resolve(); // the promised microtask
		try {
			await dispose();
		} catch (error) {
			this.#onError(error);
		}
	}
}

/** What disposes a value, chosen as `await using` would; undefined if nothing does. A getter that throws counts as a disposer that does. */
function disposerOf(value: Partial<AsyncDisposable & Disposable>): (() => unknown) | undefined {
	try {
		const dispose: (() => unknown) | undefined = value[Symbol.asyncDispose] ?? value[Symbol.dispose];
		return dispose === undefined ? undefined : () => Reflect.apply(dispose, value, []);
	} catch (error) {
		return () => {
			throw error;
		};
	}
}
