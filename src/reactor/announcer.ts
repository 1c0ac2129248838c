/** In what order the handlers of one connection hear of what has come to pass. The one place where they are called. */
import type {AsyncResource} from 'node:async_hooks';
import type {CloseInfo} from '../connection-types.js';
import {isOwnedBy} from '../connection/ownership.js';
import {TcpError} from '../errors.js';
import {turnStart} from '../loop/clock.js';
import {tellAfterBatch, type Teller} from '../loop/dispatch.js';
import {inNextTurn} from '../loop/next-turn.js';
import type {ConnectionCore} from './connection-core.js';
import type {CoreOwner} from './core-owner.js';
import {callHandler} from './handlers.js';

export class Announcer implements Teller {
	readonly resource: AsyncResource;
	readonly #core: ConnectionCore;
	readonly #owner: CoreOwner;
	/** What handlers threw. */
	#thrown: unknown[] | undefined;
	#isListed = false;
	#isUpTold = false;
	#isTellingUp = false;
	#hasNews = false;
	#isEndTold = false;
	/** Of the write-complete that is to be told. */
	#emptyNotice: object | undefined;
	#isDownDue = false;
	#isDownTold = false;
	/** A handler that is async has been called, and no turn is known to have passed since. */
	#isRejectionDue = false;

	constructor(core: ConnectionCore, owner: CoreOwner) {
		this.#core = core;
		this.#owner = owner;
		this.resource = owner.resource;
	}

	get isUpTold(): boolean {
		return this.#isUpTold;
	}

	get isTellingUp(): boolean {
		return this.#isTellingUp;
	}

	/** The up callback itself has ended it: from now on it sees that. */
	showTruth(): void {
		this.#isTellingUp = false;
	}

	get isEndTold(): boolean {
		return this.#isEndTold;
	}

	get isDownTold(): boolean {
		return this.#isDownTold;
	}

	/** Input that came while reading was stopped. */
	get hasUntold(): boolean {
		return this.#hasNews || (this.#core.hasPeerEnded && !this.#isEndTold);
	}

	// what is to be told, from a completion

	/** At the end of the batch. */
	afterBatch(): void {
		if (this.#isListed) return;
		this.#isListed = true;
		tellAfterBatch(this);
	}

	onNews(): void {
		this.#hasNews = true;
		this.afterBatch();
	}

	/** More of what has come is to be told, once reading goes on. */
	keepNews(): void {
		this.#hasNews = true;
	}

	/** The end comes from the kernel, behind everything else of the batch. */
	onEnded(): void {
		this.#isDownDue = true;
		this.afterBatch();
	}

	// what is to be told, from a call

	/** In the next turn: no handler is called from inside a call. */
	inNextTurn(): void {
		if (!this.#isDownDue) this.tellInNextTurn();
	}

	onOutputEmpty(): void {
		if (this.#owner.handlers.onWriteComplete === undefined || this.#emptyNotice !== undefined) return;
		const notice = {};
		this.#emptyNotice = notice;
		inNextTurn(() => {
			if (this.#emptyNotice !== notice) return;
			this.#emptyNotice = undefined;
			if (this.#isDownTold || !this.#isOutputOut()) return;
			this.#run(() => this.#owner.handlers.onWriteComplete?.(this.#core.face));
		});
	}

	onHighWater(bytes: number): void {
		// The output is not empty any more. That it is so again has to be told behind this: who stops reading now starts again then.
		this.#emptyNotice = undefined;
		if (this.#owner.handlers.onHighWaterMark === undefined) return;
		inNextTurn(() => {
			if (this.#core.info !== undefined) return;
			this.#run(() => this.#owner.handlers.onHighWaterMark?.(this.#core.face, bytes));
		});
	}

	// telling

	/** Whatever there is then. */
	tellInNextTurn(): void {
		inNextTurn(() => {
			if (this.#core.info !== undefined) this.#isDownDue = true;
			this.resource.runInAsyncScope(() => {
				this.tell();
			});
		});
	}

	tell(): void {
		this.#isListed = false;
		if (this.#isDownTold) return;
		const core = this.#core;
		if (!this.#isUpTold) {
			this.#isUpTold = true;
			this.#isTellingUp = true;
			this.#call(() => this.#owner.handlers.onConnection?.(core.face));
			this.#isTellingUp = false;
		}

		if (this.#hasNews && this.mayTellInput) this.#tellNews();
		const isHolding = core.isHolding && this.mayTellInput;
		if (core.hasPeerEnded && !this.#isEndTold && this.mayTellInput && !isHolding) this.#tellEnd();
		if (core.info === undefined) core.receiveMore();
		else if (this.#isDownDue && !isHolding) this.#tellDownOrWait(core.info);
	}

	/** Nothing more of the input is told. */
	get isInputOver(): boolean {
		const {info} = this.#core;
		return this.#isDownTold || (info !== undefined && info.reason !== 'broken');
	}

	/** An async handler that rejects at once is still told before the end. */
	#tellDownOrWait(info: CloseInfo): void {
		if (this.#isRejectionDue) {
			this.#isRejectionDue = false;
			this.tellInNextTurn();
		} else this.#tellDown(info);
	}

	/** What was posted may not have fitted into the kernel: then it is told when it has. At a good end all is there. */
	#isOutputOut(): boolean {
		const {info, link} = this.#core;
		return info === undefined ? !link.isBlocked : info.reason === 'closed';
	}

	/** Not while reading is stopped, nor after an end that this side brought about. */
	get mayTellInput(): boolean {
		const {isReading, info} = this.#core;
		return isReading && (info === undefined || info.reason === 'broken');
	}

	#tellNews(): void {
		this.#hasNews = false;
		const {handlers} = this.#owner;
		const core = this.#core;
		// Another callback may have taken all.
		if (core.inbox.length === 0 && !core.isHolding) return;
		if (handlers.onMessage === undefined) {
			core.buffer.retrieveAll();
			return;
		}

		core.isHolding = false;
		// Spelled out, as this is the one that is called for every message.
		try {
			const told = handlers as {onMessage(...values: unknown[]): unknown};
			const result = told.onMessage(core.face, core.buffer, turnStart());
			if (result instanceof Promise) this.follow(result);
		} catch (error) {
			this.failHandler(error);
		}

		if (core.inbox.length > 0) core.inbox.settle();
	}

	#tellEnd(): void {
		this.#isEndTold = true;
		const {handlers} = this.#owner;
		if (handlers.onEnd === undefined) this.#core.shutdown();
		else this.#call(() => handlers.onEnd?.(this.#core.face));
		this.#core.endIfOver();
	}

	#tellDown(info: CloseInfo): void {
		this.#isDownTold = true;
		const {handlers} = this.#owner;
		const {face} = this.#core;
		const report = (error: unknown): void => {
			this.#owner.onError(error, this.#core);
		};
		for (const error of this.#thrown ?? []) report(error);
		callHandler(() => handlers.onConnection?.(face), report);
		callHandler(() => handlers.onClose?.(face, info), report);
		this.#core.onTold();
	}

	#run(call: () => unknown): void {
		this.resource.runInAsyncScope(() => {
			this.#call(call);
		});
	}

	#call(call: () => unknown): void {
		try {
			const result = call();
			if (result instanceof Promise) this.follow(result);
		} catch (error) {
			this.failHandler(error);
		}
	}

	/** A handler that is async after all. */
	follow(result: Promise<unknown>): void {
		this.#isRejectionDue = true;
		result.catch(this.failHandler);
	}

	/** A handler threw, or rejected. */
	readonly failHandler = (error: unknown): void => {
		const isOutcome = isOwnedBy(error, this.#core) && error instanceof TcpError;
		if (this.#isDownTold) {
			if (!isOutcome) this.#owner.onError(error, this.#core);
			return;
		}

		if (!isOutcome) (this.#thrown ??= []).push(error);
		this.#core.finish('error', error, true);
	};
}
