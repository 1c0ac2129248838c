/**
 * The writing half of a connection: calls take turns, first-in first-out. What the kernel does not take stays here until it does.
 */
import type {FileHandle} from 'node:fs/promises';
import {TcpError} from '../errors.js';
import {hold, release} from '../loop/holders.js';
import {control, smallChunkBytes} from '../loop/layout.js';
import {controlWords} from '../loop/shared.js';
import {takeCredit} from '../loop/turn-credit.js';
import type {OperationSettings, SendFileSettings} from '../normalize.js';
import {byteLengthOf} from '../validate.js';
import {Call, inNextRound, rejectHandled, timeoutError} from './call.js';
import type {EndSource} from './end-source.js';
import {Fin} from './fin.js';
import {fileSource, type FileSource} from './file-source.js';
import {FileWriter} from './file-writer.js';
import type {Link} from './link.js';
import {pendingLimitPassed} from './limits.js';
import {own} from './ownership.js';
import type {ReadSide} from './read-side.js';
import {LateWriter} from './late-writer.js';
import {WriteEnd} from './write-end.js';
import {WriteQueue} from './write-queue.js';
import {FinWriter, FlushWriter, isBulk, mostPerWrite, SendSomeWriter, SendWriter, type Writer} from './writer.js';

const done: Promise<void> = Promise.resolve();

export class WriteSide {
	readonly #link: Link;
	readonly #end: EndSource;
	readonly #reads: ReadSide;
	#queue: WriteQueue | undefined;
	// Made when they are needed: a connection that waits for its peer has neither.
	#ending: WriteEnd | undefined;
	#fin: Fin | undefined;

	constructor(link: Link, reads: ReadSide, end: EndSource) {
		this.#link = link;
		this.#reads = reads;
		this.#end = end;
	}

	/** `shutdown` has been called, or its FIN has gone out. */
	get isShutDown(): boolean {
		return this.#fin?.isAsked === true;
	}

	get isFinSent(): boolean {
		return this.#fin?.isSent === true;
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
		const refused = this.#refused(this.isShutDown);
		if (refused !== undefined) return refused;
		const link = this.#link;
		if (this.#queue !== undefined || link.isBlocked)
			return length === 0 && this.#queue === undefined ? done : this.#enqueueSend([view], 0);
		if (length === 0) return done;
		const isBulk = length >= smallChunkBytes;
		if (!takeCredit(link, isBulk)) return this.#enqueueSend([view], 0);
		if (!isBulk && this.#mayPost() && (this.#end.sendClock ?? link).post(view, length)) {
			link.creditBytes += length;
			return done;
		}

		const most = Math.min(length, mostPerWrite);
		const sent = link.write(view, 0, most, most < length);
		if (sent === length) {
			link.creditBytes += length;
			return done;
		}

		return sent < 0 ? rejectHandled(this.#endingNow().broken(sent, 0)) : this.#enqueueSend([view], sent);
	}

	/** Any message, with options. `isRemote`: another thread's, which the limit of what waits here does not concern. */
	send(pieces: readonly Uint8Array[], settings: OperationSettings, isRemote = false): Promise<void> {
		const [only] = pieces;
		const mayJoin = !isRemote || this.#queue === undefined;
		const isPlain = mayJoin && settings.signal === undefined && settings.timeout === Infinity;
		if (only !== undefined && pieces.length === 1 && isPlain) return this.sendView(only, byteLengthOf(only));
		const isEager = settings.timeout === 0;
		return this.#start(settings, (call: Call<undefined>) => new SendWriter(call, pieces, 0, isRemote, isEager));
	}

	/** A small message may go into the submission ring now, if nobody is `refused`; its call has been counted. */
	mayGather(): boolean {
		const isFree = this.#queue === undefined && !this.#link.isBlocked && this.#mayPost();
		return isFree && this.#end.sendClock === undefined && takeCredit(this.#link, false);
	}

	/** A message that is being made. Its turn is kept until then. */
	sendLater(message: Promise<readonly Uint8Array[]>, settings: OperationSettings): Promise<void> {
		const onReady = (writer: LateWriter, bytes: number): void => {
			this.#queue?.grow(writer, bytes);
			this.pump();
		};
		return this.#start(settings, (call: Call<undefined>) => new LateWriter(call, message, onReady));
	}

	/** Why nothing can be sent now, as a rejection. */
	refused(signal?: AbortSignal): Promise<never> | undefined {
		if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
		return this.#refused(this.isShutDown);
	}

	sendSome(view: Uint8Array, settings: OperationSettings): Promise<number> {
		return this.#start(settings, (call: Call<number>) => new SendSomeWriter(call, view));
	}

	/** The place in the queue is taken now, whenever a path has been opened. */
	sendFile(file: FileHandle | string | URL, settings: SendFileSettings): Promise<number> {
		const open = (): FileSource => fileSource(file, this.pump.bind(this));
		return this.#start(settings, (call: Call<number>) => new FileWriter(call, open(), settings));
	}

	flush(settings: OperationSettings): Promise<void> {
		if (this.#queue === undefined && this.isFinSent)
			return settings.signal?.aborted === true ? Promise.reject(settings.signal.reason as Error) : done;
		return this.#start(settings, (call: Call<undefined>) => new FlushWriter(call), true);
	}

	shutdown(settings: OperationSettings): Promise<void> {
		if (settings.signal?.aborted === true) return Promise.reject(settings.signal.reason as Error);
		if (this.isFinSent) return done;
		const fin = (this.#fin ??= new Fin(this.#link, this.#end));
		return this.#start(settings, (call: Call<undefined>) => new FinWriter(call, fin), true);
	}

	/** Everything that waits goes on, as far as the kernel and the turn allow. */
	pump(): void {
		const queue = this.#queue;
		if (queue === undefined) return;
		for (let writer = queue.head; writer !== undefined; writer = queue.head) {
			if (!takeCredit(this.#link, isBulk(writer))) {
				this.#link.waitForTurn(true, isBulk(writer));
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
		for (const writer of queue.all()) writer.rejectEnd(this.#endingNow().error(writer.bytesSent));
	}

	/** Why a call is not let in, as a rejection. `isShutDown`: the sending half is, which is in its way. */
	#refused(isShutDown: boolean): Promise<never> | undefined {
		const isFree = this.#ending === undefined && !isShutDown && this.#end.isOpen;
		return isFree ? undefined : this.#endingNow().refused(isShutDown);
	}

	#endingNow(): WriteEnd {
		return (this.#ending ??= new WriteEnd(this.#link, this.#end));
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
			writer.rejectEnd(this.#endingNow().broken(outcome, writer.bytesSent, writer.syscall));
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
		if (!this.isFinSent) this.#link.releaseOutput();
		this.#end.onWritesDone();
	}

	/** In a batch, while others, or more input of this one, wait, or sends of it have been gathered: one write for many. */
	#mayPost(): boolean {
		const batch = controlWords[control.batch] as number;
		return batch > 1 || (batch === 1 && (this.#reads.source.bufferedBytes > 0 || this.#link.hasPosted));
	}

	#start<T>(settings: OperationSettings, make: (call: Call<T>) => Writer, mayBeShut = false): Promise<T> {
		if (settings.signal?.aborted === true) return Promise.reject(settings.signal.reason as Error);
		const refused = this.#refused(this.isShutDown && !mayBeShut);
		if (refused !== undefined) return refused;
		const call = new Call<T>();
		const writer = make(call);
		const isEager = settings.timeout === 0;
		if (this.#queue === undefined && (isEager || takeCredit(this.#link, isBulk(writer)))) {
			// Where the turn's share is used up, a call that did not look at it is told later.
			if (this.#stepAlone(writer))
				return isEager && !takeCredit(this.#link, true) ? inNextRound(call.promise) : call.promise;
		} else if (!this.#enqueue(writer, !isEager && !mayBeShut)) {
			return call.promise;
		}

		const cancel = (error: unknown, isTimeout: boolean): void => {
			const late = isTimeout ? own(timeoutError(settings.timeout, writer.bytesSent), this.#end) : error;
			const hadTurn = this.head === writer;
			this.#cancel(writer, late, isTimeout);
			// It may have waited for its own message or file, which tell nobody any more.
			if (hadTurn && !this.#link.isBlocked) this.pump();
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
			else this.#link.waitForTurn(true, isBulk(writer));
		} else if (
			isLimited &&
			writer.isRemote !== true &&
			this.#queue.waitingBytes > this.#end.limits.maxPendingBytes
		) {
			const error = pendingLimitPassed(this.#end.limits, this.#queue.waitingBytes, this.#link.place);
			this.#end.onLimit('maxPendingBytes', error);
			writer.rejectEnd(this.#endingNow().error(0));
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
}
