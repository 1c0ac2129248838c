/**
 * The reading half of a connection: who reads. One reader at a time, who is served at once or by and by, as completions come.
 * A reader that gives up leaves every byte where it is.
 */
import {BusyError, TcpError} from '../errors.js';
import type {OperationSettings} from '../normalize.js';
import type {Place} from './attempts.js';
import {Call, inNextRound, markHandled, rejectHandled, timeoutError} from './call.js';
import type {EndSource} from './end-source.js';
import {LinkFailure, type Link} from './link.js';
import type {FrameClock} from './frame-clock.js';
import {isOwnedBy, own} from './ownership.js';
import {ReadSource, type Attempt} from './read-source.js';
import {
	ChunkReader,
	DecodeFailure,
	given,
	rejectRefusal,
	toNext,
	type FrameSteps,
	type Given,
	type Next,
	type Step,
} from './readers.js';

export class ReadSide {
	readonly source: ReadSource;
	readonly #link: Link;
	readonly #end: EndSource;
	/** The reader of the next chunk, which nearly all are. */
	#chunkReader: ChunkReader | undefined;
	/** Any other reader. */
	#step: Step<unknown> | undefined;
	#call: Call<unknown> | undefined;
	#frames: FrameSteps | undefined;
	/** Runs when the last reader has settled. */
	#afterLast: (() => void) | undefined;
	#isDropping = false;
	/** A decoder runs: who reads from inside it is a second reader. */
	isDecoding = false;
	/** A decoder has failed: none runs any more. */
	hasFailed = false;
	frameClock: FrameClock | undefined;

	constructor(link: Link, end: EndSource) {
		this.#link = link;
		this.#end = end;
		this.source = new ReadSource(link, end);
	}

	/** The peer, for errors. */
	get place(): Place {
		const link = this.#link;
		return () => link.place;
	}

	/** The next chunk, or null. */
	read(): Promise<Buffer | null> {
		return this.#nextChunk(false) as Promise<Buffer | null>;
	}

	/** As an iterator tells it. */
	next(): Promise<Next> {
		return this.#nextChunk(true) as Promise<Next>;
	}

	/** Any reader: as far as it goes at once, then by and by. */
	run<T>(settings: OperationSettings, attempt: Attempt<T>): Promise<Given<T>> {
		return this.runSteps(settings, isEager => this.source.advance(attempt, isEager));
	}

	/** At least one byte into `view`, without a chunk in between. */
	readInto(view: Uint8Array, settings: OperationSettings): Promise<number | null> {
		return this.runSteps(settings, isEager => this.source.fill(view, isEager));
	}

	/** Without waiting; undefined = nothing there now. Throws. */
	tryRead(attempt: Attempt<Buffer | null>): Buffer | null | undefined {
		const refusal = this.refusal();
		if (refusal !== undefined) throw refusal;
		const chunk = this.source.advance(attempt, true);
		if (chunk === undefined) this.#link.wantNothing();
		return chunk;
	}

	/** null: the peer's end. */
	onData(chunk: Buffer | null): void {
		if (this.#isDropping) this.#drop(chunk === null);
		else if (chunk === null) {
			this.source.setEnd();
			this.resume();
		} else if (this.#chunkReader !== undefined && this.source.bufferedBytes === 0) {
			this.#settleChunk(this.source.count(chunk));
		} else {
			this.source.push(chunk);
			this.resume();
		}
	}

	/** A receive is worth a call, or the turn has come: the reader goes on. */
	resume(): void {
		if (this.#isDropping) this.#dropNow();
		else if (this.#chunkReader !== undefined) this.#resumeChunk();
		else if (this.#step !== undefined) this.#resumeStep(this.#step);
	}

	/** Who reads now gets what is still there, or the connection's end. */
	fail(): void {
		this.frameClock?.end();
		if (!this.#end.isOwnEnd) {
			// Inside of a decoder: what it gives is the last thing its reader gets.
			if (this.isDecoding) return;
			this.#serveLast();
			if (this.#frames?.isHolding === true) return;
		}

		const reader = this.#chunkReader;
		const call = this.#call;
		if (reader !== undefined) markHandled(reader.promise);
		this.#forgetReader();
		reader?.reject(this.#end.endError());
		call?.rejectEnd(this.#end.endError());
	}

	/** In a microtask, once nobody reads any more. */
	afterLast(callback: () => void): void {
		if (this.#call === undefined) queueMicrotask(callback);
		else this.#afterLast = callback;
	}

	/** The connection has ended, and somebody still reads. */
	get isLate(): boolean {
		return this.#afterLast !== undefined;
	}

	/** Why `error` rejects a reader, and the connection's end if it is a decoder's. */
	rejected(error: unknown): Promise<never> {
		const [told, isEnd] = this.#judge(error);
		return isEnd ? rejectHandled(told) : Promise.reject(told);
	}

	/** A decoder has failed while nobody read. */
	endByDecoder({reason, told}: DecodeFailure): void {
		this.hasFailed = true;
		this.#end.endBy(reason, told);
	}

	/** Steps that have not come to their end go on by and by. */
	wait<T>(settings: OperationSettings, step: Step<T>, frames?: FrameSteps): Promise<T> {
		const call = new Call<T>();
		this.#step = step;
		this.#call = call as Call<unknown>;
		this.#frames = frames;
		call.limit(settings, (error, isTimeout) => {
			this.#forgetReader();
			frames?.onLeft();
			call.reject(isTimeout ? this.#owned(error) : error);
		});
		return call.promise;
	}

	/** Nobody reads any more: what comes is dropped, so that a peer that writes before it reads does not wait for ever. */
	startDropping(): void {
		this.source.clear();
		if (this.#isDropping || this.source.isEnd) return;
		this.#isDropping = true;
		this.#drop(false);
	}

	#nextChunk(isIterating: boolean): Promise<Buffer | null | Next> {
		const refusal = this.refusal();
		if (refusal !== undefined) return rejectRefusal(refusal);
		let chunk: Buffer | null | undefined;
		try {
			chunk = this.source.takeChunk(false);
		} catch (error) {
			return rejectHandled(error);
		}

		if (chunk !== undefined) return Promise.resolve(isIterating ? toNext(chunk) : chunk);
		const reader = new ChunkReader(isIterating);
		this.#chunkReader = reader;
		return reader.promise;
	}

	#resumeChunk(): void {
		try {
			const chunk = this.source.takeChunk(false);
			if (chunk !== undefined) this.#settleChunk(chunk);
		} catch {
			this.fail();
		}
	}

	#settleChunk(chunk: Buffer | null): void {
		const reader = this.#chunkReader as ChunkReader;
		this.#chunkReader = undefined;
		reader.resolve(chunk);
	}

	/** The connection has ended; bytes that had come before are still read. */
	#serveLast(): void {
		const {source} = this;
		if (this.#chunkReader !== undefined && (source.bufferedBytes > 0 || source.isEnd)) this.#resumeChunk();
		else if (this.#step !== undefined) this.#resumeStep(this.#step);
	}

	/** Any steps, of a decoder's reader or of others. */
	runSteps<T>(settings: OperationSettings, step: Step<T>, frames?: FrameSteps): Promise<Given<T>> {
		if (settings.signal?.aborted === true) return Promise.reject(settings.signal.reason as Error);
		const refusal = this.refusal(frames?.isHolding);
		if (refusal !== undefined) return rejectRefusal(refusal);
		const isEager = settings.timeout === 0;
		let value: T | undefined;
		try {
			value = step(isEager);
		} catch (error) {
			return this.rejected(error);
		}

		if (value !== undefined) {
			return isEager && !this.source.takeCredit(true) ? inNextRound(given(value)) : Promise.resolve(given(value));
		}

		if (isEager) {
			this.#link.wantNothing();
			return Promise.reject(own(timeoutError(0), this.#end));
		}

		return this.wait(settings, step, frames) as Promise<Given<T>>;
	}

	#resumeStep(step: Step<unknown>): void {
		const call = this.#call as Call<unknown>;
		let value: unknown;
		try {
			value = step(false);
		} catch (error) {
			// The connection's end has rejected it already.
			if (this.#call !== call) return;
			this.#forgetReader();
			const [told, isEnd] = this.#judge(error);
			if (isEnd) call.rejectEnd(told);
			else call.reject(told);
			return;
		}

		if (value === undefined || this.#call !== call) return;
		this.#forgetReader();
		call.resolve(given(value));
	}

	#forgetReader(): void {
		this.#chunkReader = undefined;
		this.#step = undefined;
		this.#call = undefined;
		this.#frames = undefined;
		this.#link.wantNothing();
		if (this.#afterLast !== undefined) queueMicrotask(this.#afterLast);
		this.#afterLast = undefined;
	}

	/** What a reader is told, and whether that only tells of the connection's end. */
	#judge(error: unknown): [told: unknown, isEnd: boolean] {
		if (!(error instanceof DecodeFailure)) return [this.#owned(error), this.#isEndError(error)];
		this.endByDecoder(error);
		return error.reason === 'error' ? [error.told, false] : [this.#owned(error.told), true];
	}

	/** It tells of the connection's end, which made it its own. What a read itself finds wrong becomes that only here. */
	#isEndError(error: unknown): boolean {
		return !this.#end.isOpen && isOwnedBy(error, this.#end);
	}

	#owned(error: unknown): unknown {
		return error instanceof TcpError ? own(error, this.#end) : error;
	}

	/** Why a reader is not let in. `hasMore`: it has something that is not in the inbox any more. */
	refusal(hasMore = false): Error | undefined {
		const isLeft = this.source.bufferedBytes > 0 || this.source.isEnd || hasMore;
		if (!this.#end.isOpen && (!isLeft || this.#end.isOwnEnd)) return this.#end.refusal();
		if (this.#chunkReader === undefined && this.#step === undefined && !this.isDecoding) return undefined;
		return own(new BusyError('ERR_TCP_BUSY', 'There is a reader already: one read at a time'), this.#end);
	}

	#drop(isEnd: boolean): void {
		if (isEnd) this.source.setEnd();
		if (isEnd || this.#link.isReleased) return;
		if (this.#link.isReadable) this.#link.waitForTurn(false, true);
		else this.#link.wantData();
	}

	#dropNow(): void {
		if (this.#link.isReleased) return;
		const chunk = this.#link.receive();
		if (!(chunk instanceof LinkFailure)) this.#drop(chunk === null);
	}
}
