/** A promise that somebody else settles. Its executor is one for all, so that a wait makes no closure of its own. */

let lastResolve: (value: never) => void;
let lastReject: (error: unknown) => void;
const capture = (resolve: (value: never) => void, reject: (error: unknown) => void): void => {
	lastResolve = resolve;
	lastReject = reject;
};

export class Deferred<T> {
	readonly promise = new Promise<T>(capture);
	protected readonly fulfill = lastResolve as unknown as (value: T) => void;
	protected readonly refuse = lastReject;
}
