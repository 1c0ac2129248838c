/** One native connection as seen from JavaScript: its slot, flags and calls. Both faces stand on it. */
import {native} from '../internal/addon.js';
import type {ErrorPlace} from '../internal/errno-errors.js';
import type {NativeEndpoint} from '../internal/native.js';
import type {Bytes, SocketAddress, TcpInfo} from '../connection-types.js';
import {attach, countConnection, detach, type ConnectionTarget} from '../loop/dispatch.js';
import {control, flag, flagBytes, report as field, want} from '../loop/layout.js';
import {chunkAt, renewWantedAreas} from '../loop/receive-areas.js';
import {controlWords, flags} from '../loop/shared.js';
import {
	drainPosted,
	hasPosted,
	post,
	postDirect,
	postParts,
	type MessageSource,
	type PostAccount,
} from '../loop/submissions.js';
import type {CreditAccount} from '../loop/turn-credit.js';
import {HalfTurn} from './half-turn.js';
import {toSocketAddress, toTcpInfo} from './report.js';

/** What a receive that brings no bytes tells, beside null (the peer's end). */
export const nothingNow: unique symbol = Symbol('nothing now');

/** ENOBUFS of errno(3): the receive areas are used up. */
const needsArea = -105;
/** EAGAIN. */
const notNow = -11;

/** ConnectionPort::kFileFault: at this and below, the errno of the file, 0 for one that ends too early. */
export const fileFault = -65_536;

/** Bytes of a regular file as it is now, or minus errno. */
export function sizeOfFile(file: number): number {
	return native.fileSize(file);
}

/** Filled by one native call and read at once: one for all connections of the thread. */
const scratch = new Float64Array(field.fields);
const nothing = new Uint8Array(0);

/** What has been asked for, and what is kept when the slot has been given back. Most connections have nothing of it while they are open. */
interface Known {
	local?: SocketAddress;
	remote?: SocketAddress;
	end?: {readonly bytesWritten: number; readonly info: TcpInfo | null};
}

/** An error of a direct call, as an errno. */
export class LinkFailure {
	constructor(readonly errno: number) {}
}

export class Link implements CreditAccount, PostAccount {
	readonly slot: number;
	readonly generation: number;
	// What it has used of the turn, and what of it lies in the submission ring.
	creditEpoch = 0;
	creditCalls = 0;
	creditBytes = 0;
	postRound = 0;
	postBytes = 0;
	readonly #target: ConnectionTarget;
	#flagsAt: number;
	#senderTurn: HalfTurn | undefined;
	#readerTurn: HalfTurn | undefined;
	#known: Known | undefined;

	constructor(slot: number, generation: number, target: ConnectionTarget) {
		this.slot = slot;
		this.generation = generation;
		this.#flagsAt = slot * flagBytes;
		this.#target = target;
		attach(slot, target);
		countConnection(1);
	}

	/** The slot has been given back; nothing reaches the native connection any more. */
	get isReleased(): boolean {
		return this.#flagsAt < 0;
	}

	// reading

	get isReadable(): boolean {
		return (flags[this.#flagsAt + flag.readable] as number) > 0;
	}

	/** The next bytes, or the end, come as a completion. */
	wantData(): void {
		flags[this.#flagsAt + flag.wantRead] = want.data;
	}

	/** A completion tells when a receive is worth a call. */
	wantReadiness(): void {
		flags[this.#flagsAt + flag.wantRead] = want.readiness;
	}

	wantNothing(): void {
		if (this.#flagsAt >= 0) flags[this.#flagsAt + flag.wantRead] = want.nothing;
	}

	/** Bytes that are there now. */
	bytesUnread(): number {
		return native.bytesUnread(this.slot, this.generation);
	}

	/** What is there now. */
	receive(): Buffer | null | typeof nothingNow | LinkFailure {
		let outcome = native.receive(this.slot, this.generation);
		if (outcome === needsArea) {
			renewWantedAreas();
			outcome = native.receive(this.slot, this.generation);
		}

		if (outcome > 0)
			return chunkAt(
				controlWords[control.receivedArea] as number,
				controlWords[control.receivedAt] as number,
				outcome,
			);
		if (outcome === 0) return null;
		return outcome === notNow ? nothingNow : new LinkFailure(-outcome);
	}

	/** Bytes put into `view`, which is not empty. */
	receiveInto(view: Uint8Array): number | null | typeof nothingNow | LinkFailure {
		const outcome = native.receiveInto(this.slot, this.generation, view);
		if (outcome > 0) return outcome;
		if (outcome === 0) return null;
		return outcome === notNow ? nothingNow : new LinkFailure(-outcome);
	}

	// writing

	/** The kernel is full, or holds back what native code has queued: `onWritable` follows. */
	get isBlocked(): boolean {
		return (flags[this.#flagsAt + flag.blocked] as number) > 0;
	}

	get hasPosted(): boolean {
		return hasPosted(this);
	}

	/** false: not in the ring, write directly. */
	post(bytes: Uint8Array, length: number): boolean {
		return post(this, this.slot, this.generation, bytes, length);
	}

	/** A message of `length` bytes that `source` writes into the ring. false: not in the ring. */
	postDirect<Message>(source: MessageSource<Message>, message: Message, length: number): boolean {
		return postDirect(this, this.slot, this.generation, source, message, length);
	}

	/** All parts of one message, as one. Their bytes, or -1: not in the ring. */
	postParts(message: Bytes | readonly Bytes[]): number {
		return postParts(this, this.slot, this.generation, message);
	}

	/** Of `length` bytes of `view`, from `offset` on, those that the kernel took, or minus errno. */
	write(view: Uint8Array, offset: number, length: number, holdsMore: boolean): number {
		if (this.hasPosted) drainPosted();
		return native.write(this.slot, this.generation, view, offset, length, holdsMore);
	}

	/** All of `view`: what the kernel does not take is copied and queued. The bytes that are queued then, or minus errno. */
	writeAll(view: Uint8Array): number {
		if (this.hasPosted) drainPosted();
		return native.writeAll(this.slot, this.generation, view);
	}

	/** Bytes of the file from `offset` on that the kernel took, 0 = not now, minus errno, or `fileFault` minus the file's. */
	sendFile(file: number, offset: number, length: number, holdsMore: boolean): number {
		if (this.hasPosted) drainPosted();
		return native.sendFile(this.slot, this.generation, file, offset, length, holdsMore);
	}

	/** A send waits: an end of the process before it is out has to be a reset. */
	holdOutput(): void {
		native.holdOutput(this.slot, this.generation);
	}

	/** No send waits any more. */
	releaseOutput(): void {
		if (!this.isReleased) native.write(this.slot, this.generation, nothing, 0, 0, false);
	}

	/** Bytes that native code has queued, or minus the errno of a connection that has lost them. */
	outputBytes(): number {
		if (this.isReleased) return 0;
		if (this.hasPosted) drainPosted();
		native.describe(this.slot, this.generation, scratch, false);
		const errno = scratch[field.errno] as number;
		return errno === 0 ? (scratch[field.outputBytes] as number) : -errno;
	}

	/** Changes whenever the peer takes something. */
	bytesTaken(): number {
		return native.bytesTaken(this.slot, this.generation);
	}

	/** From now on `idleTime` tells. */
	timeTransfers(): void {
		native.timeTransfers(this.slot, this.generation);
	}

	/** Ms since the last byte came or went. */
	idleTime(): number {
		if (this.hasPosted) drainPosted();
		// What has come is on its way to a reader who waits for it: the loop has not got round to it.
		const isComing = this.isReadable && flags[this.#flagsAt + flag.wantRead] !== want.nothing;
		return isComing ? 0 : native.idleTime(this.slot, this.generation);
	}

	/** `onWritable`, or `onReadable`, comes in a turn that has credit for it. `isBulk`: as for `takeCredit`. */
	waitForTurn(write: boolean, isBulk: boolean): void {
		if (this.isReleased) return;
		if (write) {
			this.holdOutput();
			(this.#senderTurn ??= new HalfTurn(this, this.#target, true)).wait(isBulk);
		} else {
			(this.#readerTurn ??= new HalfTurn(this, this.#target, false)).wait(isBulk);
		}
	}

	// ending

	shutdown(): void {
		if (this.hasPosted) drainPosted();
		native.shutdown(this.slot, this.generation);
	}

	/** 1: it is over already; 0: `onEnded` follows; or minus the errno that ended it. */
	close(): number {
		if (this.hasPosted) drainPosted();
		return native.close(this.slot, this.generation);
	}

	/** Closes the descriptor, by RST if asked for or if bytes are unsent, and gives the slot back. */
	release(reset: boolean): void {
		if (this.isReleased) return;
		if (this.hasPosted) drainPosted();
		const known = this.#knowAddresses();
		native.release(this.slot, this.generation, reset, scratch);
		known.end = {bytesWritten: scratch[field.bytesWritten] as number, info: toTcpInfo(scratch)};
		this.#forget();
	}

	/** The connection goes on under another target, which has attached itself; this link tells what has been, as after the end. */
	handOver(): void {
		this.#knowAddresses().end = {bytesWritten: this.bytesWritten(), info: this.info()};
		this.#forget();
	}

	#forget(): void {
		this.#flagsAt = -flagBytes;
		detach(this.slot, this.#target);
		countConnection(-1);
	}

	// description

	get localAddress(): SocketAddress {
		return ((this.#known ??= {}).local ??= this.#address(false));
	}

	get remoteAddress(): SocketAddress {
		return ((this.#known ??= {}).remote ??= this.#address(true));
	}

	/** The peer, for messages of errors. */
	get place(): ErrorPlace {
		const {address, port, path} = this.remoteAddress;
		return path === undefined ? {address, port} : {path: path === '' ? this.localAddress.path : path};
	}

	/** Bytes the kernel took. */
	bytesWritten(): number {
		if (this.#known?.end !== undefined) return this.#known.end.bytesWritten;
		if (this.hasPosted) drainPosted();
		native.describe(this.slot, this.generation, scratch, false);
		return scratch[field.bytesWritten] as number;
	}

	info(): TcpInfo | null {
		if (this.#known?.end !== undefined) return this.#known.end.info;
		native.describe(this.slot, this.generation, scratch, true);
		return toTcpInfo(scratch);
	}

	/** Both, as long as they can be asked for. */
	#knowAddresses(): Known {
		return (this.#known = {local: this.localAddress, remote: this.remoteAddress});
	}

	#address(peer: boolean): SocketAddress {
		return toSocketAddress(native.endpoint(this.slot, this.generation, peer) as NativeEndpoint);
	}
}
