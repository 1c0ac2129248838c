/** The desk of a connection of the coroutine face: messages of other threads take turns in the queue of its writing half. */
import type {Lifetime} from '../connection/lifetime.js';
import {idOf} from '../connection/origin.js';
import {answer, receiverOf, rememberEnd, type ArrivedCall} from '../loop/remote-calls.js';
import {noOperation} from '../normalize.js';
import {packCloseInfo} from './close-report.js';
import {RemoteDesk} from './desk.js';
import {makeToken, type RemoteToken} from './token.js';

export type {RemoteToken} from './token.js';

/** What a message that waits costs beside its bytes, as for local ones. */
const messageBytes = 64;

export class LifetimeDesk extends RemoteDesk {
	readonly #lifetime: Lifetime;
	/** Of messages that have been taken and are not in the kernel. */
	#takenBytes = 0;

	constructor(lifetime: Lifetime) {
		super(lifetime.link);
		this.#lifetime = lifetime;
		void lifetime.closed.then(info => {
			this.end(info);
		});
	}

	protected refusal(): number | undefined {
		if (!this.#lifetime.isOpen) return answer.ended;
		return this.#lifetime.writes.isShutDown ? answer.shutDown : undefined;
	}

	protected hasRoom(bytes: number): boolean {
		return (
			this.#takenBytes === 0 || this.#takenBytes + bytes + messageBytes <= this.#lifetime.limits.maxPendingBytes
		);
	}

	protected send(bytes: Uint8Array, call: ArrivedCall): void {
		const {writes} = this.#lifetime;
		const sent = writes.send([bytes], noOperation, true);
		if (writes.isWaiting) {
			// It has its place in the queue; nobody comes before it.
			call.answer(answer.done);
			this.#occupy(bytes.length + messageBytes, sent);
			return;
		}

		sent.then(
			() => {
				call.answer(answer.done);
			},
			() => {
				call.answer(answer.ended);
			},
		);
	}

	protected shutDown(call: ArrivedCall): void {
		this.#lifetime.writes.shutdown(noOperation).then(
			() => {
				call.answer(answer.done);
			},
			() => {
				call.answer(answer.ended);
			},
		);
	}

	protected reset(): void {
		this.#lifetime.reset();
	}

	#occupy(bytes: number, until: Promise<void>): void {
		this.#takenBytes += bytes;
		const free = (): void => {
			this.#takenBytes -= bytes;
			this.serve();
		};
		until.then(free, free);
	}
}

/** From now on every thread can reach the connection. */
export function openToOthers(lifetime: Lifetime): RemoteToken {
	const {link, info} = lifetime;
	const {slot, generation} = link;
	if (info !== undefined) rememberEnd(slot, generation, packCloseInfo(info));
	else if (receiverOf(slot, generation) === undefined) new LifetimeDesk(lifetime).open();
	return makeToken(idOf(link));
}
