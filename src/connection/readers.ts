/** Who reads, and what readers get. */
import {BusyError} from '../errors.js';
import {rejectHandled} from './call.js';
import {Deferred} from '../deferred.js';
import {workDone} from './read-source.js';

/** As far as it goes now; undefined = whoever waits will be told. */
export type Step<T> = (isEager: boolean) => T | undefined;

/** A reader that decodes. */
export interface FrameSteps {
	/** It waits for its decoder, not for the peer: it goes on by `resume`, also after the peer's end. */
	readonly isHolding: boolean;
	/** It was cancelled. */
	onLeft(): void;
}

/** What a decoder threw, which ends the connection. Inside of the library only: `told` is what readers get. */
export class DecodeFailure extends Error {
	constructor(
		readonly reason: 'protocol' | 'error',
		readonly told: unknown,
	) {
		super('A decoder has failed');
	}
}

export type Next = IteratorResult<Buffer, undefined>;

/** What a reader gets of what its attempt gives. */
export type Given<T> = T extends typeof workDone ? undefined : T;

/** Who waits for the next chunk. One object, so that the connection has one field to set and to clear. */
export class ChunkReader extends Deferred<Buffer | null | Next> {
	constructor(readonly isIterating: boolean) {
		super();
	}

	resolve(chunk: Buffer | null): void {
		this.fulfill(this.isIterating ? toNext(chunk) : chunk);
	}

	reject(error: unknown): void {
		this.refuse(error);
	}
}

export function given<T>(value: T): Given<T> {
	return (value === workDone ? undefined : value) as Given<T>;
}

export function toNext(chunk: Buffer | null): Next {
	return chunk === null ? {value: undefined, done: true} : {value: chunk, done: false};
}

export function rejectRefusal(refusal: Error): Promise<never> {
	return refusal instanceof BusyError ? Promise.reject(refusal) : rejectHandled(refusal);
}
