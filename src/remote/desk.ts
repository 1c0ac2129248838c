/**
 * Where a connection takes what other threads ask of it, in the order in which it comes. What it has no room for waits here, in the
 * memory of native code, and its sender with it. Made by the first `remote()`.
 */
import type {CloseInfo} from '../connection-types.js';
import {
	answer,
	attachReceiver,
	detachReceiver,
	operation,
	rememberEnd,
	type ArrivedCall,
	type CallReceiver,
} from '../loop/remote-calls.js';
import {packCloseInfo} from './close-report.js';

export abstract class RemoteDesk implements CallReceiver {
	readonly slot: number;
	readonly generation: number;
	#waiting: ArrivedCall[] = [];
	#watching: ArrivedCall[] = [];
	#isOver = false;

	constructor({slot, generation}: {readonly slot: number; readonly generation: number}) {
		this.slot = slot;
		this.generation = generation;
	}

	open(): void {
		attachReceiver(this);
	}

	onCall(call: ArrivedCall): void {
		switch (call.operation) {
			case operation.reset:
				this.reset();
				call.answer(answer.done);
				break;
			case operation.watch:
				this.#watching.push(call);
				break;
			default:
				this.#waiting.push(call);
				if (this.#waiting.length === 1) this.serve();
		}
	}

	/** What waits gets its turn, as far as there is room. */
	serve(): void {
		for (let call = this.#waiting[0]; call !== undefined; call = this.#waiting[0]) {
			const refusal = this.refusal();
			if (refusal === undefined && call.operation === operation.send && !this.hasRoom(call.length)) return;
			this.#waiting.shift();
			if (refusal !== undefined) this.#refuse(call, refusal);
			else if (call.operation === operation.shutdown) this.shutDown(call);
			else this.#take(call);
		}
	}

	/** The connection has ended. */
	end(info: CloseInfo): void {
		if (this.#isOver) return;
		this.#isOver = true;
		detachReceiver(this);
		const report = packCloseInfo(info);
		rememberEnd(this.slot, this.generation, report);
		for (const call of this.#waiting.splice(0)) call.answer(answer.ended);
		for (const call of this.#watching.splice(0)) call.answer(answer.done, report);
	}

	/** The connection goes on in the other face, under the same slot. */
	handOver(successor: RemoteDesk): void {
		this.#isOver = true;
		successor.#watching = this.#watching;
		successor.#waiting = this.#waiting;
		this.#watching = [];
		this.#waiting = [];
		successor.open();
		successor.serve();
	}

	/** What every send and shutdown is answered now. */
	protected abstract refusal(): number | undefined;
	/** A message of so many bytes may be taken. */
	protected abstract hasRoom(bytes: number): boolean;
	/** Sends, and answers. */
	protected abstract send(bytes: Uint8Array, call: ArrivedCall): void;
	/** Shuts the sending half down, and answers. */
	protected abstract shutDown(call: ArrivedCall): void;
	protected abstract reset(): void;

	#take(call: ArrivedCall): void {
		const bytes = call.take();
		if (bytes !== null) this.send(bytes, call);
	}

	/** A shutdown of what is shut down already has nothing to complain of. */
	#refuse(call: ArrivedCall, refusal: number): void {
		const isDone = refusal === answer.shutDown && call.operation === operation.shutdown;
		if (isDone) this.shutDown(call);
		else call.answer(refusal);
	}
}
