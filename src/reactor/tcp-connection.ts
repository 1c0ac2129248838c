/** The public connection of the reactor: checks arguments, then leaves the work to the core. */
import {types} from 'node:util';
import {createConnection, type CoTcpConnection} from '../co-tcp-connection.js';
import type {Bytes, ConnectionState, ConnectionStats, SocketAddress, TcpInfo} from '../connection-types.js';
import type {ConnectionOwner} from '../connection/connection-owner.js';
import {Lifetime} from '../connection/lifetime.js';
import type {ConnectionLimits} from '../connection/limits.js';
import {toPieces} from '../connection/message.js';
import {idOf, nameOf, type ConnectionOrigin} from '../connection/origin.js';
import {native} from '../internal/addon.js';
import {reportError} from '../server/error-report.js';
import {checkBoolean, checkMessage} from '../validate.js';
import type {RemoteToken} from '../remote/token.js';
import type {ConnectionCore} from './connection-core.js';
import {handOverDesk, openCoreToOthers} from './core-desk.js';
import {EventLoop} from './event-loop.js';

/** Makes a connection; only the library can. */
export let createTcpConnection: <Context>(
	core: ConnectionCore,
	origin: ConnectionOrigin,
	number: number,
) => TcpConnection<Context>;

/** What stands behind a connection. */
export let coreOf: (connection: TcpConnection) => ConnectionCore;

/** Of connections that have left the reactor: no server counts them any more. */
const detachedOwner = (limits: ConnectionLimits): ConnectionOwner => ({
	limits,
	onEnded() {
		// Counted when it left.
	},
	onContextError(error) {
		reportError(undefined, error, undefined, 'cotcp: disposing a context failed');
	},
});

/**
 * A connection of the reactor, given to the handlers. An open one keeps the process alive.
 *
 * @example
 * ```ts
 * const handlers: TcpHandlers = {
 * 	onMessage(connection, buffer) {
 * 		connection.send(buffer.retrieveAll());
 * 		connection.shutdown();
 * 	},
 * };
 * ```
 */
export class TcpConnection<Context = unknown> {
	readonly #core: ConnectionCore;
	readonly #origin: ConnectionOrigin;
	readonly #number: number;

	private constructor(core: ConnectionCore, origin: ConnectionOrigin, number: number) {
		this.#core = core;
		this.#origin = origin;
		this.#number = number;
		core.face = this;
	}

	static {
		createTcpConnection = (core, origin, number) => new TcpConnection(core, origin, number);
		coreOf = connection => connection.#core;
	}

	/** Unique in the process for its life: thread, slot and generation. */
	get id(): bigint {
		return idOf(this.#core.link);
	}

	/** `${name}-${address}:${port}#${n}` with the name of server or client, the server's address, n from 1. */
	get name(): string {
		return nameOf(this.#origin, this.#number);
	}

	/** The loop whose thread this is. */
	get loop(): EventLoop {
		return EventLoop.current();
	}

	/** This side's address; stays valid after the end. */
	get localAddress(): SocketAddress {
		return this.#core.link.localAddress;
	}

	/** The peer's address; stays valid after the end. */
	get remoteAddress(): SocketAddress {
		return this.#core.link.remoteAddress;
	}

	/** `connecting` until the up callback, `disconnecting` once `shutdown` has been called. */
	get state(): ConnectionState {
		return this.#core.state;
	}

	/** Counters, in bytes; stay valid after the end. */
	get stats(): ConnectionStats {
		const core = this.#core;
		return {
			bytesRead: core.bytesRead(),
			bytesWritten: core.bytesWritten(),
			pendingBytes: core.output.queuedBytes(),
		};
	}

	/**
	 * Writes at once what the kernel takes and copies the rest into the output buffer: the memory is the caller's again on return. One call is one
	 * message, never mixed with another. A send that finds more than `maxPendingBytes` queued resets the connection.
	 *
	 * @throws ClosedError after this side's `shutdown` or `forceClose`, and after the down callback. Lost by the peer's doing before
	 * that: taken and dropped, `onClose` tells. TypeError for what is no bytes
	 */
	send(data: Bytes | readonly Bytes[]): void {
		// The frequent case: one view.
		if (types.isUint8Array(data)) this.#core.send(data, undefined);
		else this.#core.send(undefined, toPieces(checkMessage('data', data)));
	}

	/** FIN once the output buffer is empty. Reading goes on. Idempotent. */
	shutdown(): void {
		this.#core.shutdown();
	}

	/** Ends it now: RST if output is pending or `resetUnlessClosed` is set, else FIN. Callbacks come in the next turn. Idempotent. */
	forceClose(): void {
		this.#core.forceClose();
	}

	/** `forceClose()` after `delay` ms unless it has ended by then. @throws TypeError, RangeError */
	forceCloseWithDelay(delay: number): void {
		const {loop} = this;
		const timer = loop.runAfter(delay, () => {
			this.forceClose();
		});
		this.#core.whenOver(() => {
			loop.cancel(timer);
		});
	}

	/** No onMessage (and no onEnd) until startRead(). The kernel's window closes. */
	stopRead(): void {
		this.#core.setReading(false);
	}

	/** Takes `stopRead` back. */
	startRead(): void {
		this.#core.setReading(true);
	}

	/** TCP_NODELAY. @throws TypeError */
	setTcpNoDelay(on: boolean): void {
		checkBoolean('on', on);
		if (!this.#core.link.isReleased) native.setNoDelay(this.#core.link.slot, this.#core.link.generation, on);
	}

	/**
	 * A value with Symbol.asyncDispose or Symbol.dispose is disposed once: when another value takes its place, or when the connection has
	 * ended and its last callback has been called. Set after that: disposed at once.
	 */
	setContext(value: Context | undefined): void {
		this.#core.setContext(value);
	}

	/** The value set last. */
	getContext(): Context | undefined {
		return this.#core.getContext() as Context | undefined;
	}

	/** TCP_INFO now, or as it was at the end; null for a unix socket. */
	info(): TcpInfo | null {
		return this.#core.link.info();
	}

	/** Keeps the process alive while the connection is open, which is so from the beginning. */
	ref(): this {
		this.#core.holder.set(true);
		return this;
	}

	/** Does not keep the process alive. */
	unref(): this {
		this.#core.holder.set(false);
		return this;
	}

	/** A token for `RemoteConnection.from()` on any thread of this process. */
	remote(): RemoteToken {
		return openCoreToOthers(this.#core);
	}

	/**
	 * The same connection in the coroutine face, with unread input, pending output, context, and `unref` if it was called; the caller owns it. This object gets its down
	 * callback and onClose (`detached`).
	 *
	 * @throws ClosedError unless `state` is connected
	 */
	toAwaitable(): CoTcpConnection<Context> {
		const core = this.#core;
		if (core.state !== 'connected' || core.info !== undefined) throw core.closedError();
		const {slot, generation} = core.link;
		const lifetime = new Lifetime(slot, generation, detachedOwner(core.limits), false);
		const {sendClock} = core;
		if (sendClock !== undefined) lifetime.sendClock?.takeOver(sendClock);
		core.finish('detached', undefined, false);
		lifetime.setRef(core.holder.isRef);
		lifetime.takeOver(core.inbox, core.hasPeerEnded);
		const connection = createConnection<Context>(lifetime, this.#origin, this.#number);
		const context = core.takeContext();
		if (context !== undefined) lifetime.setContext(context);
		handOverDesk(core, lifetime);
		return connection;
	}
}
