/** One send or shutdown of this thread for a connection anywhere, from the call to its answer. Keeps the process alive meanwhile. */
import {Call} from '../connection/call.js';
import {ClosedError} from '../errors.js';
import {hold, release} from '../loop/holders.js';
import {answer, callRemote, operation, withdrawCall, type AnswerTarget, type CallTarget} from '../loop/remote-calls.js';
import {byteLengthOf, plainView} from '../validate.js';

const messages = new Map<number, string>([
	[answer.loopGone, 'The thread of this connection has ended'],
	[answer.shutDown, 'The sending half of this connection has been shut down'],
]);

export class LaneCall implements AnswerTarget {
	readonly call = new Call<undefined>();
	/** Of its message. */
	readonly bytes: number;
	readonly #onAnswered: (call: LaneCall) => void;
	/** The caller's memory, or a copy; gone when the bytes have been handed over. */
	#views: readonly Uint8Array[] | undefined;
	#ticket = -1;
	#isSettled = false;

	/** A send with `views`, a shutdown without. `onAnswered`: nothing more is under way. */
	constructor(views: readonly Uint8Array[] | undefined, onAnswered: (call: LaneCall) => void) {
		this.#views = views;
		this.bytes = (views ?? []).reduce((sum, view) => sum + byteLengthOf(view), 0);
		this.#onAnswered = onAnswered;
		hold();
	}

	/** It has to wait: the caller's memory is the caller's again. */
	keepCopy(): void {
		this.#views = this.#views?.map(view => plainView(view).slice());
	}

	/** false: it has failed, and no answer comes. */
	handOver(target: CallTarget): boolean {
		const what = this.#views === undefined ? operation.shutdown : operation.send;
		try {
			this.#ticket = callRemote(target, what, this.#views ?? [], this);
			if (this.#ticket < 0) this.#fail(answer.loopGone);
		} catch (error) {
			this.reject(error);
		}

		this.#views = undefined;
		return this.#ticket >= 0;
	}

	/** false: the owner has taken the bytes, and its answer is on the way. */
	withdraw(): boolean {
		return this.#ticket < 0 || withdrawCall(this.#ticket);
	}

	reject(error: unknown): void {
		if (this.#settle()) this.call.reject(error);
	}

	onAnswer(status: number): void {
		if (status === answer.done) {
			if (this.#settle()) this.call.resolve(undefined);
		} else this.#fail(status);
		this.#onAnswered(this);
	}

	#fail(status: number): void {
		const message = messages.get(status) ?? 'The connection has ended';
		if (this.#settle()) this.call.rejectEnd(new ClosedError('ERR_TCP_CLOSED', message));
	}

	#settle(): boolean {
		if (this.#isSettled) return false;
		this.#isSettled = true;
		release();
		return true;
	}
}
