/**
 * The writing half of a connection: calls take turns, first-in first-out. What the kernel does not take stays here until it does.
 */
import type {FileHandle} from 'node:fs/promises';
import {ClosedError, TcpError} from '../errors.js';
import {endError, errorFromErrno} from '../internal/errno-errors.js';
import {hold, release} from '../loop/holders.js';
import {control, smallChunkBytes} from '../loop/layout.js';
import {controlWords} from '../loop/shared.js';
import {takeCredit} from '../loop/turn-credit.js';
import type {OperationSettings, SendFileSettings} from '../normalize.js';
import {byteLengthOf} from '../validate.js';
import {Call, inNextRound, rejectHandled, timeoutError} from './call.js';
import type {EndSource} from './end-source.js';
import {BorrowedFile, OwnFile} from './file-source.js';
import {FileWriter} from './file-writer.js';
import type {Link} from './link.js';
import {pendingLimitPassed} from './limits.js';
import {own} from './ownership.js';
import type {ReadSide} from './read-side.js';
import {WriteQueue} from './write-queue.js';
import {FinWriter, FlushWriter, SendSomeWriter, SendWriter, type FinObserver, type Writer} from './writer.js';

const done: Promise<void> = Promise.resolve();

export class WriteSide implements FinObserver {
	readonly #link: Link;
	readonly #end: EndSource;
	readonly #reads: ReadSide;
	#queue: WriteQueue | undefined;
	/** What a write found; what was called after it gets a new error of its kind. */
	#failure: TcpError | undefined;
	/** Calls of shutdown that wait. */
	#finsWaiting = 0;
	#isFinSent = false;

	constructor(link: Link, reads: ReadSide, end: EndSource) {
		this.#link = link;
		this.#reads = reads;
		this.#end = end;
	}

	/** `shutdown` has been called, or its FIN has gone out. */
	get isShutDown(): boolean {
		return this.#isFinSent || this.#finsWaiting > 0;
	}

	get isFinSent(): boolean {
		return this.#isFinSent;
	}

	get isWaiting(): boolean {
		return this.#queue !== undefined;
	}

	/** The call whose turn it is. */
	get head(): Writer | undefined {
		return this.#queue?.head;
	}

	/** Bytes of sends that have begun or wait and are not in the kernel. */
	pendingBytes(): number {
		let bytes = Math.max(0, this.#link.outputBytes());
		for (const writer of this.#queue?.all() ?? []) bytes += writer.bytesLeft;
		return bytes;
	}

	/** The frequent case: one view, no options. */
	sendView(view: Uint8Array, length: number): Promise<void> {
		const refusal = this.#refusal();
		if (refusal !== undefined) return this.#refuse(refusal);
		const link = this.#link;
		if (this.#queue !== undefined || link.isBlocked)
			return length === 0 && this.#queue === undefined ? done : this.#enqueueSend([view], 0);
		if (length === 0) return done;
		if (!takeCredit(link)) return this.#enqueueSend([view], 0);
		if (length < smallChunkBytes && this.#mayPost() && (this.#end.sendClock ?? link).post(view, length)) {
			link.creditBytes += length;
			return done;
		}

		const sent = link.write(view, 0, false);
		if (sent === length) {
			link.creditBytes += length;
			return done;
		}

		return sent < 0 ? rejectHandled(this.#broken(sent, 0)) : this.#enqueueSend([view], sent);
	}

	/** Any message, with options. */
	send(pieces: readonly Uint8Array[], settings: OperationSettings): Promise<void> {
		const [only] = pieces;
		const isPlain = settings.signal === undefined && settings.timeout === Infinity;
		if (only !== undefined && pieces.length === 1 && isPlain) return this.sendView(only, byteLengthOf(only));
		return this.#start(settings, (call: Call<undefined>) => new SendWriter(call, pieces));
	}

	sendSome(view: Uint8Array, settings: OperationSettings): Promise<number> {
		return this.#start(settings, (call: Call<number>) => new SendSomeWriter(call, view));
	}

	/** The place in the queue is taken now, whenever a path has been opened. */
	sendFile(file: FileHandle | string | URL, settings: SendFileSettings): Promise<number> {
		const onOpened = (): void => {
			this.pump();
		};
		return this.#start(settings, (call: Call<number>) => {
			const isPath = typeof file === 'string' || file instanceof URL;
			return new FileWriter(call, isPath ? new OwnFile(file, onOpened) : new BorrowedFile(file), settings);
		});
	}

	flush(settings: OperationSettings): Promise<void> {
		if (this.#queue === undefined && this.#isFinSent)
			return settings.signal?.aborted === true ? Promise.reject(settings.signal.reason as Error) : done;
		return this.#start(settings, (call: Call<undefined>) => new FlushWriter(call), true);
	}

	shutdown(settings: OperationSettings): Promise<void> {
		if (settings.signal?.aborted === true) return Promise.reject(settings.signal.reason as Error);
		if (this.#isFinSent) return done;
		return this.#start(settings, (call: Call<undefined>) => new FinWriter(call, this), true);
	}

	/** Everything that waits goes on, as far as the kernel and the turn allow. */
	pump(): void {
		const queue = this.#queue;
		if (queue === undefined) return;
		for (let writer = queue.head; writer !== undefined; writer = queue.head) {
			if (!takeCredit(this.#link)) {
				this.#link.waitForTurn(true);
				return;
			}

			if (!this.#stepHead(writer, queue)) return;
		}

		this.#emptied();
	}

	/** Everybody who waits gets the connection's end, in order. */
	fail(): void {
		const queue = this.#queue;
		this.#queue = undefined;
		if (queue === undefined) return;
		release();
		for (const writer of queue.all()) writer.rejectEnd(this.#endError(writer.bytesSent));
	}

	/** true: the head is done and gone. */
	#stepHead(writer: Writer, queue: WriteQueue): boolean {
		let outcome;
		try {
			outcome = writer.step(this.#link, queue.length > 1);
		} catch (error) {
			// An error of ours tells what has become of the connection, if bytes are out; else it is what somebody threw.
			this.#cancel(writer, error, error instanceof TcpError);
			return this.#queue !== undefined;
		}

		if (outcome === 'wait') return false;
		if (outcome !== 'done') {
			queue.shift();
			writer.rejectEnd(this.#broken(outcome, writer.bytesSent, writer.syscall));
			this.fail();
			return false;
		}

		queue.shift();
		writer.resolve();
		return true;
	}

	#emptied(): void {
		this.#queue = undefined;
		release();
		if (!this.#isFinSent) this.#link.releaseOutput();
		this.#end.onWritesDone();
	}

	onFinWaiting(change: 1 | -1): void {
		this.#finsWaiting += change;
	}

	onFinTurn(): void {
		if (this.#isFinSent) return;
		this.#link.shutdown();
		this.#isFinSent = true;
		this.#end.onHalfEnd();
	}

	/** A batch is under way in which more than one connection, or more input of this one, waits: one write for many sends. */
	#mayPost(): boolean {
		const batch = controlWords[control.batch] as number;
		return batch > 1 || (batch === 1 && this.#reads.source.bufferedBytes > 0);
	}

	#start<T>(settings: OperationSettings, make: (call: Call<T>) => Writer, mayBeShut = false): Promise<T> {
		if (settings.signal?.aborted === true) return Promise.reject(settings.signal.reason as Error);
		const refusal = this.#refusal(mayBeShut);
		if (refusal !== undefined) return this.#refuse(refusal);
		const call = new Call<T>();
		const writer = make(call);
		const isEager = settings.timeout === 0;
		if (this.#queue === undefined && (isEager || takeCredit(this.#link))) {
			// Where the turn's share is used up, a call that did not look at it is told later.
			if (this.#stepAlone(writer))
				return isEager && !takeCredit(this.#link) ? inNextRound(call.promise) : call.promise;
		} else if (!this.#enqueue(writer, !isEager && !mayBeShut)) {
			return call.promise;
		}

		const cancel = (error: unknown, isTimeout: boolean): void => {
			const late = isTimeout ? own(timeoutError(settings.timeout, writer.bytesSent), this.#end) : error;
			this.#cancel(writer, late, isTimeout);
		};
		this.#end.sendClock?.look();
		if (isEager) cancel(undefined, true);
		else call.limit(settings, cancel);
		return call.promise;
	}

	/** The first step of a call that nobody is before. true: it has settled. */
	#stepAlone(writer: Writer): boolean {
		hold();
		this.#queue = new WriteQueue();
		this.#queue.push(writer);
		if (this.#stepHead(writer, this.#queue)) {
			this.#queue = undefined;
			release();
		}

		if (this.isWaiting && writer.bytesLeft > 0) this.#link.holdOutput();
		return !this.isWaiting;
	}

	#enqueueSend(pieces: readonly Uint8Array[], sent: number): Promise<void> {
		const call = new Call<undefined>();
		this.#enqueue(new SendWriter(call, pieces, sent), true);
		this.#end.sendClock?.look();
		return call.promise;
	}

	/** `isLimited`: it may be one too many, as it brings bytes and waits for its turn. false: it was, and the connection has ended. */
	#enqueue(writer: Writer, isLimited: boolean): boolean {
		if (this.#queue === undefined) {
			this.#queue = new WriteQueue();
			hold();
			// A blocked connection tells when it is writable; else the turn's credit is used up.
			if (this.#link.isBlocked) this.#link.holdOutput();
			else this.#link.waitForTurn(true);
		} else if (isLimited && this.#queue.waitingBytes > this.#end.limits.maxPendingBytes) {
			const {waitingBytes} = this.#queue;
			this.#end.onLimit('maxPendingBytes', pendingLimitPassed(this.#end.limits, waitingBytes, this.#link.place));
			writer.rejectEnd(this.#endError(0));
			return false;
		}

		this.#queue.push(writer);
		return true;
	}

	/** A call ends before its time: without a trace if none of its bytes is out, else with the connection. */
	#cancel(writer: Writer, error: unknown, isOutcome: boolean): void {
		const queue = this.#queue;
		if (queue?.remove(writer) !== true) return;
		writer.reject(error);
		this.#end.sendClock?.look();
		if (writer.bytesSent > 0) this.#end.onCancelled(error, writer.bytesSent, isOutcome);
		else if (queue.length === 0) this.#emptied();
	}

	/** Only what tells of the connection's end may be dropped: to send after one's own shutdown is a mistake. */
	#refuse(refusal: TcpError): Promise<never> {
		const isMistake = this.#end.isOpen && this.#failure === undefined;
		return isMistake ? Promise.reject(refusal) : rejectHandled(refusal);
	}

	#broken(outcome: number, bytesSent: number, syscall = 'write'): TcpError {
		this.#failure = errorFromErrno(-outcome, syscall, this.#link.place);
		this.#end.onWriteBroken(this.#failure);
		return this.#endError(bytesSent);
	}

	#endError(bytesSent: number): TcpError {
		if (this.#failure === undefined) return this.#end.endError(bytesSent);
		return own(endError(this.#failure, bytesSent), this.#end);
	}

	#refusal(mayBeShut = false): TcpError | undefined {
		if (!this.#end.isOpen) return this.#end.refusal();
		if (this.#failure !== undefined) return this.#endError(0);
		if (!this.isShutDown || mayBeShut) return undefined;
		return own(
			new ClosedError('ERR_TCP_CLOSED', 'The sending half of this connection has been shut down'),
			this.#end,
		);
	}
}
