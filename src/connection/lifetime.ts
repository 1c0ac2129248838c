/**
 * How a connection ends: who ended it, in what order everybody hears of it, and what later calls are told. The order: sends,
 * the read, then (in a microtask, as their listeners are the user's) `signal` and `closed`.
 */
import type {CloseInfo, CloseReason, ConnectionState, ConnectionStats, LimitName} from '../connection-types.js';
import {ContextSlot} from '../context-slot.js';
import {TcpError, type ClosedError, type LimitError, type TimeoutError} from '../errors.js';
import {endError, errorFromErrno} from '../internal/errno-errors.js';
import {hold, release} from '../loop/holders.js';
import {closeInfo, startTime} from './close-info.js';
import {EndNotice} from './end-notice.js';
import type {ConnectionOwner} from './connection-owner.js';
import {closedError, forcedEnds, ownResets, sendAborted} from './end-reasons.js';
import type {EndSource} from './end-source.js';
import type {Inbox} from './inbox.js';
import type {ConnectionLimits, LimitedConnection} from './limits.js';
import {Link} from './link.js';
import {isOwnedBy, own} from './ownership.js';
import {ReadSide} from './read-side.js';
import type {SendClock} from './send-clock.js';
import {withoutStack} from './stackless.js';
import {Timing} from './timing.js';
import {WriteSide} from './write-side.js';

export class Lifetime implements EndSource, LimitedConnection {
	readonly generation: number;
	readonly link: Link;
	readonly reads: ReadSide;
	readonly writes: WriteSide;
	/** What the user sees of it. */
	face: object | undefined;
	readonly #owner: ConnectionOwner;
	readonly #startedAt = startTime();
	#isClosing = false;
	#info: CloseInfo | undefined;
	#notice: EndNotice | undefined;
	/** A write has found the connection broken; its end is on the way. */
	#writeError: TcpError | undefined;
	#context: ContextSlot<unknown> | undefined;
	#isHandled: boolean;
	#isRef = true;
	#timing: Timing | undefined;
	/** Those who wait are told of the end. */
	#isFailing = false;

	/** `hasHandler`: contexts are disposed only when handlerSettled() has been called, too. */
	constructor(slot: number, generation: number, owner: ConnectionOwner, hasHandler: boolean) {
		this.generation = generation;
		this.#owner = owner;
		this.#isHandled = !hasHandler;
		this.link = new Link(slot, generation, this);
		this.reads = new ReadSide(this.link, this);
		this.writes = new WriteSide(this.link, this.reads, this);
		this.#timing = Timing.of(this);
		hold();
	}

	get isEnded(): boolean {
		return this.#info !== undefined;
	}

	get isOpen(): boolean {
		return this.#info === undefined && !this.#isClosing;
	}

	get isOwnEnd(): boolean {
		return this.#isClosing || (this.#info !== undefined && ownResets.has(this.#info.reason));
	}

	get limits(): ConnectionLimits {
		return this.#owner.limits;
	}

	get sendClock(): SendClock | undefined {
		return this.#timing?.sends;
	}

	get state(): ConnectionState {
		if (this.isEnded) return 'disconnected';
		return this.#isClosing || this.writes.isShutDown ? 'disconnecting' : 'connected';
	}

	get info(): CloseInfo | undefined {
		return this.#info;
	}

	bytesRead(): number {
		return this.reads.source.bytesRead;
	}

	bytesWritten(): number {
		return this.link.bytesWritten();
	}

	stats(): ConnectionStats {
		const pendingBytes = this.isEnded ? 0 : this.writes.pendingBytes();
		return {bytesRead: this.bytesRead(), bytesWritten: this.bytesWritten(), pendingBytes};
	}

	get closed(): Promise<CloseInfo> {
		return this.#noticeNow().closed;
	}

	get signal(): AbortSignal {
		return this.#noticeNow().signal;
	}

	/** Whether it keeps the process alive while it is open. */
	setRef(isRef: boolean): void {
		if (this.#isRef === isRef) return;
		this.#isRef = isRef;
		if (this.isEnded) return;
		if (isRef) hold();
		else release();
	}

	/** FIN after the sends already called, then the peer's; at the latest after `timeout` ms, by RST if bytes are unsent. */
	close(timeout: number): Promise<CloseInfo> {
		if (this.isEnded) return this.closed;
		if (!this.#isClosing) {
			this.#isClosing = true;
			this.reads.fail();
			if (this.writes.isWaiting) this.reads.startDropping();
			else this.onWritesDone();
		}

		if (timeout === 0) this.onCloseDeadline();
		else if (this.#info === undefined) (this.#timing ??= new Timing()).closeWithin(timeout, this);
		return this.closed;
	}

	reset(): void {
		this.#finish('reset', undefined, true);
	}

	/** The server's time is over. */
	abort(): void {
		this.#finish('aborted', undefined, true);
	}

	/** A handler that lets through what a broken connection told it has not failed: the connection has, and native code has not handed over yet what had come. */
	failHandler(error: unknown): void {
		const broken = isOwnedBy(error, this) ? this.#writeError : undefined;
		if (broken !== undefined && this.isOpen) this.reads.source.salvage();
		this.#finish(broken === undefined ? 'error' : 'broken', broken ?? error, true);
	}

	handlerSettled(): void {
		this.#isHandled = true;
		this.#disposeContext();
	}

	/** What the other face has received and not handed out; `isEnd`: with the peer's end behind it. */
	takeOver(inbox: Inbox, isEnd: boolean): void {
		this.link.wantNothing();
		while (inbox.length > 0) this.reads.source.push(inbox.takeChunk(undefined));
		if (isEnd) this.reads.source.setEnd();
	}

	// the context

	setContext(value: unknown): void {
		this.#context ??= new ContextSlot(error => {
			this.#owner.onContextError(error, this);
		});
		this.#context.set(value);
		this.#disposeContext();
	}

	getContext(): unknown {
		return this.#context?.get();
	}

	endError(bytesSent = 0): TcpError {
		const info = this.#info;
		// The reason first: what a handler threw may be a proxy that cannot be asked for its class.
		const first = info === undefined || ownResets.has(info.reason) ? undefined : info.error;
		if (!(first instanceof TcpError)) return this.#closedError(bytesSent);
		const make = (): TcpError => endError(first, bytesSent);
		return own(this.#isFailing ? withoutStack(make) : make(), this);
	}

	refusal(): TcpError {
		return this.#isClosing ? this.#closedError(0) : this.endError();
	}

	onBroken(errno: number, syscall: string): void {
		this.#finish('broken', errorFromErrno(errno, syscall, this.link.place), true);
	}

	onWriteBroken(error: TcpError): void {
		this.#writeError = own(error, this);
	}

	onHalfEnd(): void {
		// Later: whoever has just read the end, or sent the FIN, is told of that first.
		queueMicrotask(() => {
			const isOver = this.reads.source.isEnd && this.writes.isFinSent && !this.writes.isWaiting;
			if (this.isOpen && isOver) this.#finish('closed', undefined, false);
		});
	}

	onCancelled(error: unknown, bytesSent: number, isOutcome: boolean): void {
		this.#finish('cancelled', isOutcome ? error : sendAborted(error, bytesSent), true);
	}

	hasPending(): boolean {
		return this.writes.isWaiting || this.link.outputBytes() > 0;
	}

	headSend(): object | undefined {
		return this.writes.head;
	}

	onLimit(name: LimitName, error: LimitError | TimeoutError): void {
		this.endBy(name, error);
	}

	endBy(reason: CloseReason, error: unknown): void {
		this.#finish(reason, error, true);
	}

	onWritesDone(): void {
		if (this.isEnded) return;
		if (!this.#isClosing) {
			this.onHalfEnd();
			return;
		}

		const outcome = this.link.close();
		if (outcome < 0) this.onBroken(-outcome, 'write');
		else if (outcome > 0) this.#finish('closed', undefined, false);
	}

	// what native code tells

	onData(chunk: Buffer | null): void {
		this.reads.onData(chunk);
	}

	onReadable(): void {
		this.reads.resume();
	}

	onWritable(): void {
		this.writes.pump();
		this.sendClock?.look();
	}

	onEnded(errno: number, syscall: string): void {
		if (errno === 0) this.#finish('closed', undefined, false);
		else this.onBroken(errno, syscall);
	}

	/** The time of a graceful close is over. */
	onCloseDeadline(): void {
		const isUnsent = this.writes.pendingBytes() > 0 || this.writes.isWaiting;
		this.#finish(isUnsent ? 'reset' : 'closed', undefined, isUnsent);
	}

	#finish(reason: CloseReason, error: unknown, reset: boolean): void {
		if (this.isEnded) return;
		// What a handler threw may be another connection's.
		if (reason !== 'error' && error instanceof TcpError) own(error, this);
		if (!this.#isClosing && forcedEnds.has(reason)) this.reads.source.salvage();
		this.link.release(reset);
		this.#timing?.end();
		this.#info = closeInfo(reason, error, this, this.#startedAt);
		if (this.isOwnEnd) this.reads.startDropping();
		this.#isFailing = true;
		this.writes.fail();
		this.reads.fail();
		this.#isFailing = false;
		if (this.#isRef) release();
		this.#owner.onEnded(this);
		this.reads.afterLast(this.#tellEnd.bind(this));
	}

	#tellEnd(): void {
		this.#notice?.tell(this.#info as CloseInfo, this.endError());
		this.#disposeContext();
	}

	#disposeContext(): void {
		if (this.#isHandled && this.isEnded) void this.#context?.finish();
	}

	#noticeNow(): EndNotice {
		if (this.#notice === undefined) {
			this.#notice = new EndNotice();
			if (this.#info !== undefined && !this.reads.isLate) this.#notice.tell(this.#info, this.endError());
		}

		return this.#notice;
	}

	#closedError(bytesSent: number): ClosedError {
		return own(closedError(this.#info, bytesSent), this);
	}
}
