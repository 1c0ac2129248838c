/**
 * The reading half of a connection: one reader at a time, who is served from what has been received, from the socket while
 * the turn has credit, or by a completion. A reader that gives up leaves every byte where it is.
 */
import {performance} from 'node:perf_hooks';
import {BusyError, TcpError} from '../errors.js';
import {takeCredit} from '../loop/turn-credit.js';
import type {OperationSettings} from '../normalize.js';
import {outOfRange} from '../validate.js';
import {Call, markHandled, rejectHandled, timeoutError} from './call.js';
import type {EndSource} from './end-source.js';
import {Inbox} from './inbox.js';
import {LinkFailure, nothingNow, type Link} from './link.js';
import {own} from './ownership.js';

/** Takes what it wants out of the inbox; undefined = not yet enough, which is no answer at the end. Throws to reject. */
export type Attempt<T> = (inbox: Inbox, isEnd: boolean) => T | undefined;

/** As far as it goes now; undefined = whoever waits will be told. `isEager`: also without credit. */
type Step<T> = (isEager: boolean) => T | undefined;

type Next = IteratorResult<Buffer, undefined>;

/** EFAULT of errno(3): the view has no memory any more. */
const noMemory = 14;

export class ReadSide {
	/** Bytes handed to the caller. */
	bytesRead = 0;
	readonly #link: Link;
	readonly #end: EndSource;
	#inbox: Inbox | undefined;
	/** The reader of the next chunk, which nearly all are: the functions and the promise of its call. */
	#resolveChunk: ((chunk: Buffer | null | Next) => void) | undefined;
	#rejectChunk: ((error: unknown) => void) | undefined;
	#chunkPromise: Promise<unknown> | undefined;
	#isIterating = false;
	/** Any other reader. */
	#step: Step<unknown> | undefined;
	#call: Call<unknown> | undefined;
	#isEnd = false;
	#isDropping = false;

	constructor(link: Link, end: EndSource) {
		this.#link = link;
		this.#end = end;
	}

	/** Bytes that have been received and not yet taken. */
	get bufferedBytes(): number {
		return this.#inbox === undefined ? 0 : this.#inbox.length;
	}

	/** The peer's clean end has come. */
	get isEnd(): boolean {
		return this.#isEnd;
	}

	/** The next chunk, or null. */
	read(): Promise<Buffer | null> {
		return this.#nextChunk(false) as Promise<Buffer | null>;
	}

	/** As an iterator tells it. */
	next(): Promise<Next> {
		return this.#nextChunk(true) as Promise<Next>;
	}

	#nextChunk(isIterating: boolean): Promise<Buffer | null | Next> {
		const refusal = this.#refusal();
		if (refusal !== undefined) return rejectRefusal(refusal);
		let chunk: Buffer | null | undefined;
		try {
			chunk = this.#takeChunk(false);
		} catch (error) {
			return rejectHandled(error);
		}

		if (chunk !== undefined) return Promise.resolve(isIterating ? toNext(chunk) : chunk);
		this.#isIterating = isIterating;
		const promise = new Promise(capture);
		this.#resolveChunk = capturedResolve;
		this.#rejectChunk = capturedReject;
		this.#chunkPromise = promise;
		return promise;
	}

	/** Any reader: as far as it goes at once, then by and by. */
	run<T>(settings: OperationSettings, attempt: Attempt<T>): Promise<T> {
		return this.#start(settings, isEager => this.#advance(attempt, isEager));
	}

	/** At least one byte into `view`, without a chunk in between. */
	readInto(view: Uint8Array, settings: OperationSettings): Promise<number | null> {
		return this.#start(settings, isEager => this.#fill(view, isEager));
	}

	/** Without waiting; undefined = nothing there now. Throws. */
	tryRead(attempt: Attempt<Buffer | null>): Buffer | null | undefined {
		const refusal = this.#refusal();
		if (refusal !== undefined) throw refusal;
		const chunk = this.#advance(attempt, true);
		if (chunk === undefined) this.#link.wantNothing();
		return chunk;
	}

	// what the connection tells

	onData(chunk: Buffer | null): void {
		if (this.#isDropping) {
			this.#drop(chunk === null);
			return;
		}

		if (chunk === null) this.#setEnd();
		else if (this.#resolveChunk !== undefined && this.bufferedBytes === 0) {
			this.bytesRead += chunk.length;
			this.#settleChunk(chunk);
			return;
		} else (this.#inbox ??= new Inbox()).push(chunk);
		this.resume();
	}

	/** A receive is worth a call, or the turn has come: the reader goes on. */
	resume(): void {
		if (this.#isDropping) this.#dropNow();
		else if (this.#resolveChunk !== undefined) this.#resumeChunk();
		else if (this.#step !== undefined) this.#resumeStep(this.#step);
	}

	/** Who reads now gets the connection's end. */
	fail(): void {
		if (this.#rejectChunk !== undefined) {
			const reject = this.#rejectChunk;
			markHandled(this.#chunkPromise as Promise<unknown>);
			this.#forgetReader();
			reject(this.#end.endError());
		} else if (this.#call !== undefined) {
			const call = this.#call;
			this.#forgetReader();
			call.rejectEnd(this.#end.endError());
		}
	}

	/** Nobody reads any more: what comes is dropped, so that a peer that writes before it reads does not wait for ever. */
	startDropping(): void {
		this.#inbox = undefined;
		if (this.#isDropping || this.#isEnd) return;
		this.#isDropping = true;
		this.#drop(false);
	}

	// one chunk

	#takeChunk(isEager: boolean): Buffer | null | undefined {
		if (this.bufferedBytes > 0) {
			if (!this.#credit(isEager)) return this.#waitForTurn();
			return this.#took((this.#inbox as Inbox).takeChunk(undefined));
		}

		if (this.#isEnd) return null;
		const chunk = this.#receive(isEager);
		if (chunk === nothingNow) return undefined;
		return chunk === null ? null : this.#took(chunk);
	}

	#took(chunk: Buffer): Buffer {
		this.bytesRead += chunk.length;
		this.#link.credit.bytes += chunk.length;
		return chunk;
	}

	#resumeChunk(): void {
		try {
			const chunk = this.#takeChunk(false);
			if (chunk !== undefined) this.#settleChunk(chunk);
		} catch {
			this.fail();
		}
	}

	#settleChunk(chunk: Buffer | null): void {
		const resolve = this.#resolveChunk as (chunk: Buffer | null | Next) => void;
		this.#resolveChunk = undefined;
		this.#rejectChunk = undefined;
		this.#chunkPromise = undefined;
		resolve(this.#isIterating ? toNext(chunk) : chunk);
	}

	// any other reader

	#start<T>(settings: OperationSettings, step: Step<T>): Promise<T> {
		if (settings.signal?.aborted === true) return Promise.reject(settings.signal.reason as Error);
		const refusal = this.#refusal();
		if (refusal !== undefined) return rejectRefusal(refusal);
		const isEager = settings.timeout === 0;
		let value: T | undefined;
		try {
			value = step(isEager);
		} catch (error) {
			return this.#end.isOpen ? Promise.reject(own(error, this.#end) as Error) : rejectHandled(error);
		}

		if (value !== undefined) return Promise.resolve(value);
		if (isEager) {
			this.#link.wantNothing();
			return Promise.reject(own(timeoutError(0), this.#end));
		}

		const call = new Call<T>();
		this.#step = step;
		this.#call = call as Call<unknown>;
		call.limit(settings, error => {
			this.#forgetReader();
			call.reject(error instanceof TcpError ? own(error, this.#end) : error);
		});
		return call.promise;
	}

	#resumeStep(step: Step<unknown>): void {
		const call = this.#call as Call<unknown>;
		let value: unknown;
		try {
			value = step(false);
		} catch (error) {
			this.#forgetReader();
			if (this.#end.isOpen) call.reject(own(error, this.#end));
			else call.rejectEnd(error);
			return;
		}

		if (value === undefined) return;
		this.#forgetReader();
		call.resolve(value);
	}

	/** Lets `attempt` look at what there is, and fetches more until it is content or there is nothing now. */
	#advance<T>(attempt: Attempt<T>, isEager: boolean): T | undefined {
		const inbox = (this.#inbox ??= new Inbox());
		if (inbox.length > 0 && !this.#credit(isEager)) return this.#waitForTurn();
		for (;;) {
			const before = inbox.length;
			const value = attempt(inbox, this.#isEnd);
			this.bytesRead += before - inbox.length;
			this.#link.credit.bytes += before - inbox.length;
			if (value !== undefined) return value;
			const chunk = this.#receive(isEager);
			if (chunk === nothingNow) return undefined;
			if (chunk !== null) inbox.push(chunk);
		}
	}

	#fill(view: Uint8Array, isEager: boolean): number | null | undefined {
		if (view.byteLength === 0) throw outOfRange('view', 'memory of at least one byte, and stay that until it is read into', view);
		if (this.bufferedBytes > 0) {
			if (!this.#credit(isEager)) return this.#waitForTurn();
			const moved = (this.#inbox as Inbox).moveInto(view, view.byteLength);
			this.bytesRead += moved;
			return moved;
		}

		if (this.#isEnd) return null;
		if (this.#link.isReleased) throw this.#end.endError();
		if (!this.#link.isReadable) {
			this.#link.wantReadiness();
			return undefined;
		}

		if (!this.#credit(isEager)) return this.#waitForTurn();
		const received = this.#link.receiveInto(view);
		if (typeof received === 'number') {
			this.bytesRead += received;
			this.#link.credit.bytes += received;
			return received;
		}

		if (received === nothingNow) this.#link.wantReadiness();
		return received === nothingNow ? undefined : this.#endOrThrow(received);
	}

	// the socket

	/** What the socket has; where that is nothing, or the turn has no credit, a completion follows. Throws once it is broken. */
	#receive(isEager: boolean): Buffer | null | typeof nothingNow {
		const link = this.#link;
		if (link.isReleased) throw this.#end.endError();
		if (!link.isReadable) {
			link.wantData();
			return nothingNow;
		}

		if (!this.#credit(isEager)) {
			this.#waitForTurn();
			return nothingNow;
		}

		const chunk = link.receive();
		if (chunk === nothingNow) link.wantData();
		return chunk === null || chunk instanceof LinkFailure ? this.#endOrThrow(chunk) : chunk;
	}

	#endOrThrow(outcome: null | LinkFailure): null {
		if (outcome === null) {
			this.#setEnd();
			return null;
		}

		if (outcome.errno === noMemory) throw outOfRange('view', 'memory of at least one byte', 'a view without memory');
		this.#end.onBroken(outcome.errno, 'read');
		throw this.#end.endError();
	}

	#setEnd(): void {
		this.#isEnd = true;
		this.#end.onHalfEnd();
	}

	#credit(isEager: boolean): boolean {
		return isEager || this.#link.isReleased || takeCredit(this.#link.credit, performance.now());
	}

	#waitForTurn(): undefined {
		this.#link.waitForTurn(false);
		return undefined;
	}

	#forgetReader(): void {
		this.#resolveChunk = undefined;
		this.#rejectChunk = undefined;
		this.#chunkPromise = undefined;
		this.#step = undefined;
		this.#call = undefined;
		this.#link.wantNothing();
	}

	/** Why a reader is not let in. */
	#refusal(): Error | undefined {
		if (this.#end.isOwnEnd) return this.#end.refusal();
		if (!this.#end.isOpen && this.bufferedBytes === 0 && !this.#isEnd) return this.#end.refusal();
		if (this.#resolveChunk === undefined && this.#step === undefined) return undefined;
		return own(new BusyError('ERR_TCP_BUSY', 'There is a reader already: one read at a time'), this.#end);
	}

	#drop(isEnd: boolean): void {
		if (isEnd) this.#setEnd();
		if (isEnd || this.#link.isReleased) return;
		if (this.#link.isReadable) this.#link.waitForTurn(false);
		else this.#link.wantData();
	}

	#dropNow(): void {
		if (this.#link.isReleased) return;
		const chunk = this.#link.receive();
		if (!(chunk instanceof LinkFailure)) this.#drop(chunk === null);
	}
}

let capturedResolve: (value: Buffer | null | Next) => void;
let capturedReject: (error: unknown) => void;
/** One function for all promises, so that a read costs no closure. */
function capture(resolve: (value: Buffer | null | Next) => void, reject: (error: unknown) => void): void {
	capturedResolve = resolve;
	capturedReject = reject;
}

function toNext(chunk: Buffer | null): Next {
	return chunk === null ? {value: undefined, done: true} : {value: chunk, done: false};
}

function rejectRefusal(refusal: Error): Promise<never> {
	return refusal instanceof BusyError ? Promise.reject(refusal) : rejectHandled(refusal);
}
