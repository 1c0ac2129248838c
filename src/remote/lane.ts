/**
 * What this thread has for one connection, first-in first-out. So many bytes may be on their way to the owner; the rest waits here,
 * so that an owner that computes for long holds no more than that of each thread.
 */
import {timeoutError} from '../connection/call.js';
import type {CallTarget} from '../loop/remote-calls.js';
import type {OperationSettings} from '../normalize.js';
import {LaneCall} from './lane-call.js';

/** Bytes and calls without an answer; one message may be larger. */
const mostBytesUnderWay = 256 * 1024;
const mostCallsUnderWay = 256;

class Lane {
	readonly #id: bigint;
	readonly #target: CallTarget;
	/** In order; one that is cancelled is taken out of the middle. */
	readonly #waiting = new Set<LaneCall>();
	#bytesUnderWay = 0;
	#callsUnderWay = 0;

	constructor(id: bigint, target: CallTarget) {
		this.#id = id;
		this.#target = target;
	}

	/** A send with `views`, a shutdown without. */
	call(views: readonly Uint8Array[] | undefined, settings: OperationSettings): Promise<void> {
		const one = new LaneCall(views, this.#onAnswered);
		// Before it is handed over, which may fail at once: what has settled is watched no more.
		one.call.limit(settings, error => {
			this.#cancel(one, error);
		});
		if (this.#waiting.size === 0 && this.#hasRoomFor(one)) this.#handOver(one);
		else {
			one.keepCopy();
			this.#waiting.add(one);
		}

		this.#forgetIfIdle();
		return one.call.promise;
	}

	#handOver(one: LaneCall): void {
		if (!one.handOver(this.#target)) return;
		this.#bytesUnderWay += one.bytes;
		this.#callsUnderWay++;
	}

	readonly #onAnswered = (one: LaneCall): void => {
		this.#bytesUnderWay -= one.bytes;
		this.#callsUnderWay--;
		for (const next of this.#waiting) {
			if (!this.#hasRoomFor(next)) break;
			this.#waiting.delete(next);
			this.#handOver(next);
		}

		this.#forgetIfIdle();
	};

	/** Without a trace, or not at all: what the owner has taken is sent. */
	#cancel(one: LaneCall, error: unknown): void {
		if (!one.withdraw()) return;
		this.#waiting.delete(one);
		one.reject(error);
		this.#forgetIfIdle();
	}

	#hasRoomFor({bytes}: LaneCall): boolean {
		if (this.#callsUnderWay === 0) return true;
		return this.#callsUnderWay < mostCallsUnderWay && this.#bytesUnderWay + bytes <= mostBytesUnderWay;
	}

	#forgetIfIdle(): void {
		if (this.#callsUnderWay === 0 && this.#waiting.size === 0) lanes.delete(this.#id);
	}
}

/** Those in which something is under way: all objects for one connection share one, so that their order is kept. */
const lanes = new Map<bigint, Lane>();

function laneOf(id: bigint, target: CallTarget): Lane {
	let lane = lanes.get(id);
	if (lane === undefined) {
		lane = new Lane(id, target);
		lanes.set(id, lane);
	}

	return lane;
}

/** Resolves when the owner has taken the bytes; they have been copied by the time this returns. */
export function sendTo(
	id: bigint,
	target: CallTarget,
	views: readonly Uint8Array[],
	settings: OperationSettings,
): Promise<void> {
	if (settings.signal?.aborted === true) return Promise.reject(settings.signal.reason as Error);
	// That another thread has taken them can only be heard of later.
	if (settings.timeout === 0) return Promise.reject(timeoutError(0));
	return laneOf(id, target).call(views, settings);
}

/** Resolves when the FIN is in the kernel, behind what this thread has sent. */
export function shutDownAt(id: bigint, target: CallTarget, settings: OperationSettings): Promise<void> {
	return laneOf(id, target).call(undefined, settings);
}
