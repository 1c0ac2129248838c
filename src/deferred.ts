/** A promise that somebody else settles. Its executor is one for all, so that a wait makes no closure of its own. */

const nobody = (): void => {};
let lastResolve: (value: never) => void = nobody;
let lastReject: (error: unknown) => void = nobody;
const capture = (resolve: (value: never) => void, reject: (error: unknown) => void): void => {
	lastResolve = resolve;
	lastReject = reject;
};

export class Deferred<T> {
	readonly promise = new Promise<T>(capture);
	protected readonly fulfill = lastResolve as unknown as (value: T) => void;
	protected readonly refuse = lastReject;

	constructor() {
		// They refer to the promise, which would keep what it resolves to until somebody else waits.
		lastResolve = nobody;
		lastReject = nobody;
	}
}
