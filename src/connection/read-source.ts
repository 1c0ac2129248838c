/** What a connection has to read: bytes that wait here, then those of the socket, as far as the turn's credit goes. */
import {takeRestOfBatch} from '../loop/dispatch.js';
import {takeCredit} from '../loop/turn-credit.js';
import {outOfRange} from '../validate.js';
import type {EndSource} from './end-source.js';
import {Inbox} from './inbox.js';
import {LinkFailure, nothingNow, type Link} from './link.js';

/** Takes what it wants out of the inbox; undefined = not yet enough, which is no answer at the end. Throws to reject. */
export type Attempt<T> = (inbox: Inbox, isEnd: boolean) => T | undefined;

/** What an attempt gives that has done its work and has nothing to give: its caller gets undefined. */
export const workDone: unique symbol = Symbol('work done');

/** EFAULT of errno(3): the view has no memory any more. */
const noMemory = 14;

/**
 * The calls with `isEager` do without credit. Where one returns undefined (`nothingNow`), a completion follows when it is
 * worth trying again. They throw the connection's end.
 */
export class ReadSource {
	/** Bytes handed to the caller. */
	bytesRead = 0;
	readonly #link: Link;
	readonly #end: EndSource;
	#inbox: Inbox | undefined;
	#isEnd = false;

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

	/** Where they lie. */
	get inbox(): Inbox {
		return (this.#inbox ??= new Inbox());
	}

	push(chunk: Buffer): void {
		(this.#inbox ??= new Inbox()).push(chunk);
	}

	clear(): void {
		this.#inbox?.clear();
		this.#inbox = undefined;
	}

	setEnd(): void {
		this.#isEnd = true;
		this.#end.onHalfEnd();
	}

	/** The connection is about to end: what had come until now goes where reads find it. */
	salvage(): void {
		const link = this.#link;
		for (const chunk of takeRestOfBatch(link.slot, link.generation)) this.#keep(chunk);
		// So much is there now: a peer that goes on sending must not keep the loop.
		let left = link.bytesUnread();
		if (left === 0 && !link.isReadable) return;
		while (left >= 0 && !this.#isEnd) {
			const chunk = link.receive();
			if (chunk === nothingNow || chunk instanceof LinkFailure) return;
			this.#keep(chunk);
			left -= chunk?.length ?? 0;
		}
	}

	#keep(chunk: Buffer | null): void {
		if (chunk === null) this.setEnd();
		else this.push(chunk);
	}

	/** A chunk that goes straight to its reader. */
	count(chunk: Buffer): Buffer {
		this.bytesRead += chunk.length;
		this.#link.creditBytes += chunk.length;
		return chunk;
	}

	/** Bytes that a decoder has taken out of the inbox. */
	countTaken(count: number): void {
		this.bytesRead += count;
		this.#link.creditBytes += count;
	}

	/** The next chunk, or null. */
	takeChunk(isEager: boolean): Buffer | null | undefined {
		if (this.bufferedBytes > 0) {
			if (!this.#hasCredit(isEager, false)) {
				this.waitForTurn(false);
				return undefined;
			}

			return this.count((this.#inbox as Inbox).takeChunk(undefined));
		}

		if (this.#isEnd) return null;
		const chunk = this.receive(isEager);
		if (chunk === nothingNow) return undefined;
		return chunk === null ? null : this.count(chunk);
	}

	/** Lets `attempt` look at what there is, and fetches more until it is content or there is nothing now. */
	advance<T>(attempt: Attempt<T>, isEager: boolean): T | undefined {
		const inbox = (this.#inbox ??= new Inbox());
		if (inbox.length > 0 && !this.#hasCredit(isEager, false)) {
			this.waitForTurn(false);
			return undefined;
		}

		for (;;) {
			const before = inbox.length;
			const value = attempt(inbox, this.#isEnd);
			this.bytesRead += before - inbox.length;
			this.#link.creditBytes += before - inbox.length;
			if (value !== undefined) return value;
			const chunk = this.receive(isEager);
			if (chunk === nothingNow) return undefined;
			if (chunk !== null) inbox.push(chunk);
		}
	}

	/** At least one byte into `view`. */
	fill(view: Uint8Array, isEager: boolean): number | null | undefined {
		if (view.byteLength === 0) throw outOfRange('view', 'memory of at least one byte until it is read into', view);
		if (this.#isEnd && this.bufferedBytes === 0) return null;
		if (this.bufferedBytes === 0 && !this.#link.isReleased && !this.#link.isReadable && !isEager) {
			this.#link.wantReadiness();
			return undefined;
		}

		const isBulk = this.bufferedBytes === 0;
		if (!this.#hasCredit(isEager, isBulk)) {
			this.waitForTurn(isBulk);
			return undefined;
		}

		const moved =
			this.bufferedBytes > 0 ? (this.#inbox as Inbox).moveInto(view, view.byteLength) : this.#receiveInto(view);
		if (typeof moved !== 'number') return moved;
		this.bytesRead += moved;
		this.#link.creditBytes += moved;
		return moved;
	}

	#receiveInto(view: Uint8Array): number | null | undefined {
		if (this.#link.isReleased) throw this.#end.endError();
		const received = this.#link.receiveInto(view);
		if (typeof received === 'number') return received;
		if (received !== nothingNow) return this.#endOrThrow(received);
		this.#link.wantReadiness();
		return undefined;
	}

	/** What the socket has, null at the end; `nothingNow`: it will be told, unless somebody asks for nothing. */
	receive(isEager: boolean): Buffer | null | typeof nothingNow {
		const link = this.#link;
		if (link.isReleased) throw this.#end.endError();
		// Who does not wait asks the kernel: its event may not have come through yet.
		if (!link.isReadable && !isEager) {
			link.wantData();
			return nothingNow;
		}

		if (!this.#hasCredit(isEager, true)) {
			this.waitForTurn(true);
			return nothingNow;
		}

		const chunk = link.receive();
		if (chunk === nothingNow) link.wantData();
		return chunk === null || chunk instanceof LinkFailure ? this.#endOrThrow(chunk) : chunk;
	}

	#endOrThrow(outcome: null | LinkFailure): null {
		if (outcome === null) {
			this.setEnd();
			return null;
		}

		if (outcome.errno === noMemory)
			throw outOfRange('view', 'memory of at least one byte', 'a view without memory');
		this.#end.onBroken(outcome.errno, 'read');
		throw this.#end.endError();
	}

	/** false: the turn's share is used up. `isBulk`: it is for a receive, and not for what has been received. */
	takeCredit(isBulk: boolean): boolean {
		return this.#link.isReleased || takeCredit(this.#link, isBulk);
	}

	#hasCredit(isEager: boolean, isBulk: boolean): boolean {
		return isEager || this.takeCredit(isBulk);
	}

	/** What comes stays where it is. */
	wantNothing(): void {
		this.#link.wantNothing();
	}

	/** It will be told in a turn that has credit. */
	waitForTurn(isBulk: boolean): void {
		this.#link.waitForTurn(false, isBulk);
	}
}
