/** The reading half of a framed connection: one frame after the other, for one reader at a time. */
import {unexpectedEnd} from '../connection/attempts.js';
import type {EndSource} from '../connection/end-source.js';
import {FrameClock, type FrameClockOwner} from '../connection/frame-clock.js';
import {timeLimitPassed} from '../connection/limits.js';
import {nothingNow} from '../connection/link.js';
import type {ReadSource} from '../connection/read-source.js';
import type {ReadSide} from '../connection/read-side.js';
import {rejectRefusal, type FrameSteps} from '../connection/readers.js';
import type {ErrorPlace} from '../internal/errno-errors.js';
import {noOperation, type OperationSettings} from '../normalize.js';
import type {Codec} from './codec.js';
import {FrameDecoder, type DecoderHost} from './frame-decoder.js';

type Next<In> = IteratorResult<In, undefined>;

export class FrameReader<In> implements DecoderHost, FrameSteps, FrameClockOwner {
	readonly #reads: ReadSide;
	readonly #source: ReadSource;
	readonly #end: EndSource;
	readonly #decoder: FrameDecoder<In>;
	#clock: FrameClock | undefined;

	constructor(reads: ReadSide, end: EndSource, codec: Codec<In, never>) {
		this.#reads = reads;
		this.#source = reads.source;
		this.#end = end;
		this.#decoder = new FrameDecoder(codec, reads.source.inbox, this);
	}

	/** The next frame, or null. */
	read(): Promise<In | null> {
		const refusal = this.#reads.refusal(this.#decoder.isHolding);
		if (refusal !== undefined) return rejectRefusal(refusal);
		let frame: In | null | undefined;
		try {
			frame = this.#step(false);
		} catch (error) {
			return this.#reads.rejected(error);
		}

		return frame === undefined ? this.#reads.wait(noOperation, this.#plainStep, this) : Promise.resolve(frame);
	}

	/** As an iterator tells it. */
	next(): Promise<Next<In>> {
		const refusal = this.#reads.refusal(this.#decoder.isHolding);
		if (refusal !== undefined) return rejectRefusal(refusal);
		let frame: In | null | undefined;
		try {
			frame = this.#step(false);
		} catch (error) {
			return this.#reads.rejected(error);
		}

		return frame === undefined
			? this.#reads.wait(noOperation, this.#iteratingStep, this)
			: Promise.resolve(toNext(frame));
	}

	readWithin(settings: OperationSettings): Promise<In | null> {
		return this.#reads.runSteps(settings, this.#plainStep, this) as Promise<In | null>;
	}

	// for the reading half of the connection

	get isHolding(): boolean {
		return this.#decoder.isHolding;
	}

	onLeft(): void {
		this.#clock?.pause();
	}

	// for the decoder

	place(): ErrorPlace {
		return this.#reads.place();
	}

	onTaken(count: number): void {
		this.#source.countTaken(count);
	}

	onDecoded(): void {
		this.#reads.resume();
		// Nobody waits for what it has found out: the connection is ended all the same, but for one that is closing, whose sends go out.
		if (this.#decoder.failure !== undefined && !this.#end.isOwnEnd) this.#reads.endByDecoder(this.#decoder.failure);
	}

	// for the clock

	get frameTimeout(): number {
		return this.#end.limits.frameTimeout;
	}

	onFrameOverdue(): void {
		this.#end.onLimit('frameTimeout', timeLimitPassed('frameTimeout', this.frameTimeout, this.place()));
	}

	readonly #plainStep = (isEager: boolean): In | null | undefined => this.#step(isEager);

	readonly #iteratingStep = (isEager: boolean): Next<In> | undefined => {
		const frame = this.#step(isEager);
		return frame === undefined ? undefined : toNext(frame);
	};

	/** As far as it goes now; undefined = it will be told when there is more. */
	#step(isEager: boolean): In | null | undefined {
		const source = this.#source;
		if (source.bufferedBytes > 0 && !isEager && !source.takeCredit(false)) {
			source.waitForTurn(false);
			return undefined;
		}

		for (;;) {
			const frame = this.#decode();
			if (frame !== undefined) {
				this.#clock?.stop();
				return frame;
			}

			if (this.#decoder.isHolding) {
				// All of it has come: what its decoder takes is not the peer's time.
				this.#clock?.stop();
				source.wantNothing();
				return undefined;
			}

			const chunk = source.isEnd ? null : source.receive(isEager);
			if (chunk === nothingNow) {
				if (source.bufferedBytes > 0 && !isEager) this.#runClock();
				return undefined;
			}

			if (chunk !== null) {
				source.push(chunk);
				continue;
			}

			// Nobody waits for the rest of a frame that has none.
			this.#clock?.stop();
			if (source.bufferedBytes === 0) return null;
			throw unexpectedEnd(source.inbox, this.#reads.place);
		}
	}

	#decode(): In | undefined {
		const reads = this.#reads;
		if (reads.hasFailed && this.#decoder.failure === undefined) throw this.#end.endError();
		if (this.#decoder.isDirect) return this.#decoder.next();
		reads.isDecoding = true;
		let frame: In | undefined;
		let before: number;
		try {
			// If the decoder itself ends the connection, what had come until then is there all at once.
			do {
				before = this.#source.bufferedBytes;
				frame = this.#decoder.next();
			} while (frame === undefined && this.#source.bufferedBytes > before);
		} catch (error) {
			reads.isDecoding = false;
			// It has ended the connection itself: what it throws then is nobody's affair.
			throw this.#end.isOwnEnd ? this.#end.refusal() : error;
		}

		reads.isDecoding = false;
		if (this.#end.isOwnEnd) throw this.#end.refusal();
		return frame;
	}

	#runClock(): void {
		this.#clock ??= this.#reads.frameClock ??= new FrameClock(this);
		this.#clock.run(this.#source.inbox.taken);
	}
}

function toNext<In>(frame: In | null): Next<In> {
	return frame === null ? {value: undefined, done: true} : {value: frame, done: false};
}
