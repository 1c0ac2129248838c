/** The desk of a connection of the reactor: messages of other threads go into its output buffer, as its own sends do. */
import type {Lifetime} from '../connection/lifetime.js';
import {idOf} from '../connection/origin.js';
import {answer, receiverOf, rememberEnd, type ArrivedCall} from '../loop/remote-calls.js';
import {packCloseInfo} from '../remote/close-report.js';
import {RemoteDesk} from '../remote/desk.js';
import {LifetimeDesk} from '../remote/lifetime-desk.js';
import {makeToken, type RemoteToken} from '../remote/token.js';
import type {ConnectionCore} from './connection-core.js';

class CoreDesk extends RemoteDesk {
	readonly #core: ConnectionCore;

	constructor(core: ConnectionCore) {
		super(core.link);
		this.#core = core;
		core.whenOver(() => {
			const {info} = core;
			if (info !== undefined && info.reason !== 'detached') this.end(info);
		});
	}

	protected refusal(): number | undefined {
		if (this.#core.info !== undefined) return answer.ended;
		return this.#core.state === 'disconnecting' ? answer.shutDown : undefined;
	}

	protected hasRoom(bytes: number): boolean {
		const {link, output, limits} = this.#core;
		if (!link.isBlocked) return true;
		const queued = output.queuedBytes();
		if (queued === 0 || queued + bytes <= limits.maxPendingBytes) return true;
		output.whenWritable(() => {
			this.serve();
		});
		return false;
	}

	protected send(bytes: Uint8Array, call: ArrivedCall): void {
		this.#core.send(bytes, undefined);
		call.answer(answer.done);
	}

	protected shutDown(call: ArrivedCall): void {
		this.#core.shutdown();
		call.answer(answer.done);
	}

	protected reset(): void {
		this.#core.finish('reset', undefined, true);
	}
}

/** From now on every thread can reach the connection. */
export function openCoreToOthers(core: ConnectionCore): RemoteToken {
	const {link, info} = core;
	const {slot, generation} = link;
	if (info === undefined) {
		if (receiverOf(slot, generation) === undefined) new CoreDesk(core).open();
	} else if (info.reason !== 'detached') {
		rememberEnd(slot, generation, packCloseInfo(info));
	}

	return makeToken(idOf(link));
}

/** The connection has gone to its other face, and its token stays good. */
export function handOverDesk({link}: ConnectionCore, lifetime: Lifetime): void {
	const desk = receiverOf(link.slot, link.generation);
	if (desk instanceof CoreDesk) desk.handOver(new LifetimeDesk(lifetime));
}
