/** The public handle of a connection that belongs to another thread, or to this one. */
import type {Bytes, CloseInfo, OperationOptions} from './connection-types.js';
import {settle} from './connection/call.js';
import {toPieces} from './connection/message.js';
import {callRemote, operation, type CallTarget} from './loop/remote-calls.js';
import {noOperation, normalizeOperation} from './normalize.js';
import {watchEnd} from './remote/end-watch.js';
import {sendTo, shutDownAt} from './remote/lane.js';
import {readToken, type RemoteToken} from './remote/token.js';
import {checkMessage} from './validate.js';

export type {RemoteToken} from './remote/token.js';

/**
 * A connection owned by another thread (or this one), made from the token of its `remote()`. The calls of one thread keep their order,
 * whichever object they are made on. A connection that has ended gets ClosedError, also when another one has its slot by now. Keeps the
 * process alive only while a `send` or `shutdown` waits.
 *
 * @example
 * ```ts
 * parentPort.on('message', async ({token, text}: {token: RemoteToken; text: string}) => {
 * 	await RemoteConnection.from(token).send(text);
 * });
 * ```
 */
export class RemoteConnection {
	/** The `id` of the connection. */
	readonly id: bigint;
	readonly #target: CallTarget;
	#closed: Promise<CloseInfo> | undefined;

	private constructor(token: unknown) {
		const {id, ...target} = readToken(token);
		this.id = id;
		this.#target = target;
	}

	/** The connection of which `remote()` gave this token, on any thread of the process. @throws TypeError for what is no token */
	static from(token: RemoteToken): RemoteConnection {
		return new RemoteConnection(token);
	}

	/**
	 * Never rejects. Resolves to how the connection has ended. Where its thread has ended: reason `aborted`; where it ended so long ago that its thread
	 * has forgotten how (it remembers 1,024): reason `closed` with a ClosedError as `error`. In both the counters are 0.
	 */
	get closed(): Promise<CloseInfo> {
		return (this.#closed ??= watchEnd(this.#target));
	}

	/**
	 * Copies the bytes, hands them to the connection's thread and takes its turn there like a `send` of that thread: never mixed with another
	 * message. Resolves when that thread has accepted them: they are in the kernel, or in its queue, where nothing comes before them any more. Waits while more than
	 * `maxPendingBytes` of other threads' messages lie in that queue. What was accepted may still be lost if the connection breaks; `closed` tells.
	 *
	 * Aborted or timed out before that thread has taken the bytes: nothing is sent. Later it has no effect, and the call resolves. As that can never be known without
	 * waiting, `timeout: 0` always rejects. A caller that does not await keeps the copies of what waits in its own memory.
	 *
	 * @throws ClosedError if the connection, its sending half or its thread has ended; TimeoutError, the signal's reason; ResourceError
	 */
	send(data: Bytes | readonly Bytes[], options?: OperationOptions): Promise<void> {
		return settle(() =>
			sendTo(this.id, this.#target, toPieces(checkMessage('data', data)), normalizeOperation(options)),
		);
	}

	/** FIN behind what this thread has sent and what the owner has accepted from others. Idempotent. Resolves when it is in the kernel; in the reactor, when it has been asked for. @throws ClosedError */
	shutdown(): Promise<void> {
		return settle(() => shutDownAt(this.id, this.#target, noOperation));
	}

	/** RST, ahead of whatever waits. Idempotent; nothing for a connection that has ended. */
	reset(): void {
		callRemote(this.#target, operation.reset, [], {
			onAnswer() {
				// It has no bearing on anything.
			},
		});
	}
}
