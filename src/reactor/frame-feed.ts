/** The frames of one connection of the reactor: decoded as far as they are there, and handed to the callback in order. */
import {FrameDecoder, type DecoderHost} from '../codec/frame-decoder.js';
import type {Codec} from '../codec/codec.js';
import {FrameClock} from '../connection/frame-clock.js';
import {own} from '../connection/ownership.js';
import {DecodeFailure} from '../connection/readers.js';
import type {ErrorPlace} from '../internal/errno-errors.js';
import {takeCredit} from '../loop/turn-credit.js';
import type {ConnectionCore} from './connection-core.js';

export class FrameFeed<In> implements DecoderHost {
	readonly #core: ConnectionCore;
	readonly #decoder: FrameDecoder<In>;
	readonly #onFrame: (frame: In, receiveTime: number) => unknown;
	#isRunning = false;

	constructor(core: ConnectionCore, codec: Codec<In, never>, onFrame: (frame: In, receiveTime: number) => unknown) {
		this.#core = core;
		this.#onFrame = onFrame;
		this.#decoder = new FrameDecoder(codec, core.inbox, this);
	}

	/** All that are there, as far as the turn's credit goes. What the callback throws goes through. */
	run(receiveTime: number): void {
		const core = this.#core;
		// A decoder, or the callback, that calls onMessage by itself.
		if (this.#isRunning || core.hasFailed) return;
		this.#isRunning = true;
		core.isHolding = false;
		try {
			this.#deliver(receiveTime);
		} finally {
			this.#isRunning = false;
		}
	}

	// for the decoder

	place(): ErrorPlace {
		return this.#core.link.place;
	}

	onTaken(count: number): void {
		this.#core.onTaken(count);
	}

	onDecoded(): void {
		// Not of a connection that is over, nor of one that has left.
		if (this.#core.announcer.isInputOver) return;
		const {failure} = this.#decoder;
		if (failure !== undefined) this.#fail(failure);
		else this.#core.announcer.keepNews();
		this.#core.announcer.tellInNextTurn();
	}

	#deliver(receiveTime: number): void {
		const core = this.#core;
		while (core.announcer.mayTellInput) {
			if (!core.link.isReleased && !takeCredit(core.link, false)) {
				core.isHolding = true;
				core.announcer.keepNews();
				core.announcer.tellInNextTurn();
				return;
			}

			const frame = this.#next();
			if (frame === undefined) {
				this.#wait();
				return;
			}

			core.frameClock?.stop();
			const result = this.#onFrame(frame, receiveTime);
			if (result instanceof Promise) core.announcer.follow(result);
		}

		// Stopped, or ended: what is left waits for `startRead`, if that comes.
		if (core.inbox.length > 0) core.announcer.keepNews();
	}

	/** undefined: none now. An end by the decoder included. */
	#next(): In | undefined {
		const core = this.#core;
		try {
			const frame = this.#decoder.next();
			// Not of a decoder that has ended the connection itself. One that has stopped reading has still taken it out.
			return core.announcer.isInputOver ? undefined : frame;
		} catch (error) {
			if (!(error instanceof DecodeFailure)) throw error;
			this.#fail(error);
			return undefined;
		}
	}

	#wait(): void {
		const core = this.#core;
		if (core.hasFailed || !core.announcer.mayTellInput) return;
		core.isHolding = this.#decoder.isHolding;
		// All of the frame has come: what its decoder takes is not the peer's time.
		if (core.isHolding) core.frameClock?.stop();
		if (core.isHolding || core.inbox.length === 0 || core.info !== undefined || core.hasPeerEnded) return;
		core.frameClock ??= new FrameClock(core);
		core.frameClock.run(core.inbox.taken);
	}

	#fail(failure: DecodeFailure): void {
		const core = this.#core;
		core.hasFailed = true;
		core.isHolding = false;
		if (failure.reason === 'error') core.announcer.failHandler(failure.told);
		else core.finish('protocol', own(failure.told, core), true);
	}
}
