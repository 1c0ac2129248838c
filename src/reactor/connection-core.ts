/** What stands behind a connection of the reactor: its state, its input and output, and how it ends. */
import {createInputBuffer, type InputBuffer} from '../codec/input-buffer.js';
import type {CloseInfo, CloseReason, ConnectionState, LimitName} from '../connection-types.js';
import {closeInfo, startTime} from '../connection/close-info.js';
import type {FrameClock, FrameClockOwner} from '../connection/frame-clock.js';
import {Inbox} from '../connection/inbox.js';
import {pendingLimitPassed, timeLimitPassed, type LimitedConnection} from '../connection/limits.js';
import {Link, LinkFailure, nothingNow} from '../connection/link.js';
import {own} from '../connection/ownership.js';
import type {SendClock} from '../connection/send-clock.js';
import {Timing} from '../connection/timing.js';
import {ContextSlot} from '../context-slot.js';
import {ClosedError, TcpError, type LimitError, type TimeoutError} from '../errors.js';
import {errorFromErrno} from '../internal/errno-errors.js';
import {Holder} from '../loop/holders.js';
import {Announcer} from './announcer.js';
import type {CoreOwner} from './core-owner.js';
import {Output, type OutputLimits, type OutputObserver} from './output.js';
import type {TcpConnection} from './tcp-connection.js';

/** This side has asked for it: a send after it is a mistake. After all others it may not have heard of it yet. */
const ownEnds: ReadonlySet<CloseReason> = new Set(['closed', 'reset', 'detached']);

export class ConnectionCore implements LimitedConnection, OutputObserver, FrameClockOwner {
	readonly generation: number;
	readonly link: Link;
	readonly inbox = new Inbox();
	readonly buffer: InputBuffer;
	readonly output: Output;
	readonly holder = new Holder();
	/** What the user sees of it. */
	face!: TcpConnection;
	readonly #owner: CoreOwner;
	readonly announcer: Announcer;
	/** Frames wait for their decoder, or for their turn: nothing more is received, and no end is told, before them. */
	isHolding = false;
	/** A decoder has failed: none runs any more. */
	hasFailed = false;
	frameClock: FrameClock | undefined;
	readonly #startedAt = startTime();
	#bytesRead = 0;
	readonly #timing: Timing | undefined;
	#context: ContextSlot<unknown> | undefined;
	#whenOver: Array<() => void> | undefined;
	#isReading = true;
	#hasPeerEnded = false;
	#isShut = false;
	#isFinSent = false;
	#info: CloseInfo | undefined;

	constructor(slot: number, generation: number, owner: CoreOwner) {
		this.generation = generation;
		this.#owner = owner;
		this.link = new Link(slot, generation, this);
		this.output = new Output(this.link, owner.limits, this);
		this.announcer = new Announcer(this, owner);
		this.buffer = createInputBuffer(this.inbox, this.onTaken.bind(this));
		this.#timing = Timing.of(this);
		this.holder.start();
	}

	/** From a batch: the handlers hear of it at its end, and reading begins. */
	start(): void {
		this.announcer.afterBatch();
	}

	/** As `start`, from outside of a batch. */
	startLater(): void {
		this.announcer.inNextTurn();
	}

	get state(): ConnectionState {
		// What has ended before it could be told is told from its beginning.
		if (this.announcer.isTellingUp) return 'connected';
		if (this.#info !== undefined && this.#info.reason !== 'closed') return 'disconnected';
		if (this.announcer.isDownTold) return 'disconnected';
		if (this.#isShut) return 'disconnecting';
		return this.announcer.isUpTold ? 'connected' : 'connecting';
	}

	get info(): CloseInfo | undefined {
		return this.#info;
	}

	get isReading(): boolean {
		return this.#isReading;
	}

	/** The peer's FIN has come, whether or not it has been told. */
	get hasPeerEnded(): boolean {
		return this.#hasPeerEnded;
	}

	get limits(): OutputLimits {
		return this.#owner.limits;
	}

	get sendClock(): SendClock | undefined {
		return this.#timing?.sends;
	}

	get frameTimeout(): number {
		return this.limits.frameTimeout;
	}

	bytesRead(): number {
		return this.#bytesRead;
	}

	bytesWritten(): number {
		return this.link.bytesWritten();
	}

	// calls

	/** One view, or several that are one message. @throws ClosedError */
	send(only: Uint8Array | undefined, pieces: readonly Uint8Array[] | undefined): void {
		const reason = this.#info?.reason;
		const isTooLate = this.#isShut || this.announcer.isDownTold || (reason !== undefined && ownEnds.has(reason));
		if (isTooLate) throw this.closedError();
		if (reason !== undefined) return;
		if (only === undefined || !this.output.post(only)) this.output.send(pieces ?? [only as Uint8Array]);
	}

	shutdown(): void {
		this.announcer.showTruth();
		if (this.#isShut || this.#info !== undefined) return;
		this.#isShut = true;
		this.link.shutdown();
		if (this.output.queuedBytes() === 0) this.#onFinSent();
	}

	/** Ends it now: RST if output is pending, and always with `resetUnlessClosed`, also behind a FIN; else FIN. */
	forceClose(): void {
		this.letGo();
		this.finish('reset', undefined, this.#owner.resetUnlessClosed);
	}

	/** The server's time is over. */
	abort(): void {
		this.letGo();
		this.finish('aborted', undefined, true);
	}

	/** An end that has come waits no longer for a decoder that is at work. */
	letGo(): void {
		if (this.#info === undefined || !this.isHolding) return;
		this.isHolding = false;
		this.hasFailed = true;
		this.announcer.tellInNextTurn();
	}

	setReading(isReading: boolean): void {
		if (this.#isReading === isReading || this.#info !== undefined) return;
		this.#isReading = isReading;
		if (isReading) this.frameClock?.resume();
		else this.frameClock?.pause();
		if (!isReading) this.link.wantNothing();
		else if (this.announcer.hasUntold) this.announcer.inNextTurn();
		else this.receiveMore();
	}

	setContext(value: unknown): void {
		this.#context ??= new ContextSlot(error => {
			this.#owner.onError(error, this);
		});
		this.#context.set(value);
		if (this.announcer.isDownTold) void this.#context.finish();
	}

	getContext(): unknown {
		return this.#context?.get();
	}

	/** The value goes with the connection to its other face. */
	takeContext(): unknown {
		const value = this.getContext();
		this.#context = undefined;
		return value;
	}

	/** At the end, or at once if it has come. */
	whenOver(callback: () => void): void {
		if (this.#info === undefined) (this.#whenOver ??= []).push(callback);
		else callback();
	}

	closedError(): ClosedError {
		const message = 'The connection, or its sending half, has been closed on this side';
		return own(new ClosedError('ERR_TCP_CLOSED', message), this);
	}

	// what native code tells

	onData(chunk: Buffer | null): void {
		if (chunk === null) {
			this.#hasPeerEnded = true;
			this.frameClock?.stop();
			this.announcer.afterBatch();
		} else {
			this.inbox.push(chunk);
			this.announcer.onNews();
		}
	}

	onReadable(): void {
		if (!this.#isReading || this.#info !== undefined) return;
		const chunk = this.link.receive();
		if (chunk === nothingNow) this.link.wantData();
		else if (chunk instanceof LinkFailure) this.onEnded(chunk.errno, 'read');
		else this.onData(chunk);
	}

	onWritable(): void {
		this.output.onWritable();
		if (this.#isShut && !this.#isFinSent) this.#onFinSent();
	}

	onEnded(errno: number, syscall: string): void {
		this.announcer.onEnded();
		if (errno === 0) this.finish('closed', undefined, false);
		else this.finish('broken', errorFromErrno(errno, syscall, this.link.place), true);
	}

	// what the output tells

	onOutputEmpty(): void {
		this.announcer.onOutputEmpty();
	}

	onHighWater(bytes: number): void {
		this.announcer.onHighWater(bytes);
	}

	onTooMuch(bytes: number): void {
		this.onLimit('maxPendingBytes', pendingLimitPassed(this.limits, bytes, this.link.place));
	}

	// what its limits ask and tell

	hasPending(): boolean {
		return this.link.outputBytes() > 0;
	}

	/** All that has been sent is with native code. */
	headSend(): undefined {}

	onLimit(name: LimitName, error: LimitError | TimeoutError): void {
		this.finish(name, error, true);
	}

	// what its frames tell

	onFrameOverdue(): void {
		this.onLimit('frameTimeout', timeLimitPassed('frameTimeout', this.frameTimeout, this.link.place));
	}

	onTaken(count: number): void {
		this.#bytesRead += count;
	}

	// what the announcer asks for

	receiveMore(): void {
		if (!this.#isReading || this.#hasPeerEnded || this.isHolding || this.link.isReleased) return;
		if (this.link.isReadable) this.link.waitForTurn(false, true);
		else this.link.wantData();
	}

	/** Both FINs are out, and the peer's has been told. */
	endIfOver(): void {
		if (this.#isFinSent && this.announcer.isEndTold) this.finish('closed', undefined, false);
	}

	onTold(): void {
		void this.#context?.finish();
		this.#owner.onTold(this);
	}

	finish(reason: CloseReason, error: unknown, reset: boolean): void {
		this.announcer.showTruth();
		if (this.#info !== undefined) return;
		if (reason !== 'error' && error instanceof TcpError) own(error, this);
		if (reason === 'detached') this.link.handOver();
		else this.link.release(reset);
		this.#info = closeInfo(reason, error, this, this.#startedAt);
		this.frameClock?.end();
		this.#timing?.end();
		this.holder.end();
		for (const callback of this.#whenOver ?? []) callback();
		this.#owner.onEnded(this);
		this.announcer.inNextTurn();
	}

	#onFinSent(): void {
		this.#isFinSent = true;
		this.endIfOver();
	}
}
