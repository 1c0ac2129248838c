/** The public client of the reactor: one connection at a time, a new one after a drop. */
import {AsyncResource} from 'node:async_hooks';
import type {CloseOptions} from '../connection-types.js';
import type {ConnectionOrigin} from '../connection/origin.js';
import {watchStalls} from '../connection/stall-sweep.js';
import {ClosedError, type TcpError} from '../errors.js';
import {Holder} from '../loop/holders.js';
import {inNextTurn} from '../loop/next-turn.js';
import type {ConnectedSlot} from '../net/attempt.js';
import {Connector} from '../net/connector.js';
import {startTry} from '../net/try.js';
import {normalizeClose} from '../normalize.js';
import {Drain} from '../server/drain.js';
import {refuse} from '../server/listener.js';
import {invalidArgType} from '../validate.js';
import {ConnectionCore} from './connection-core.js';
import type {CoreOwner} from './core-owner.js';
import {EventLoop} from './event-loop.js';
import {tellError, type TcpHandlers} from './handlers.js';
import {normalizeTcpClient, readHandlers, type TcpClientOptions, type TcpClientSettings} from './options.js';
import {coreOf, createTcpConnection, type TcpConnection} from './tcp-connection.js';

const defaultStopTimeoutMs = 10_000;
/** Of connections that no server owns: they are never asked to drain. */
const neverDraining = new AbortController().signal;

/**
 * A client of the reactor: one connection at a time, a new object after each reconnect. It may be started before its server, and connects again when
 * an established connection ends, however that came about, unless `disconnect()` or `stop()` was called.
 *
 * @example
 * ```ts
 * const client = new TcpClient(EventLoop.current(), {port: 9981}, {
 * 	onConnection: connection => connection.state === 'connected' && connection.send('hello\\n'),
 * 	onMessage: (connection, buffer) => console.log(buffer.retrieveAsString()),
 * });
 * client.connect();
 * ```
 */
export class TcpClient<Context = unknown> implements AsyncDisposable {
	readonly #settings: TcpClientSettings;
	readonly #handlers: TcpHandlers<Context>;
	readonly #resource = new AsyncResource('COTCP_REACTOR_CLIENT');
	/** While it tries. */
	readonly #holder = new Holder();
	readonly #owner: CoreOwner;
	readonly #connector: Connector<ConnectedSlot>;
	#connection: TcpConnection<Context> | undefined;
	#number = 0;
	#isRef = true;
	/** It wants to be connected. */
	#isWanted = false;
	/** `connect()` was called while the connection was ending: the next one is begun at once, whatever `retry` says. */
	#isAskedAnew = false;
	#isStopped = false;
	#drain: Drain | undefined;
	#stopping: Promise<void> | undefined;

	/**
	 * @param loop the loop of this thread
	 * @param options whom to connect to, how to go on trying, limits of the connection
	 * @param handlers all optional
	 * @throws TypeError, RangeError
	 */
	constructor(loop: EventLoop, options: TcpClientOptions, handlers: TcpHandlers<Context>) {
		if (!(loop instanceof EventLoop)) throw invalidArgType('loop', 'an EventLoop', loop);
		this.#settings = normalizeTcpClient(options);
		this.#handlers = readHandlers(handlers, true);
		watchStalls(this.#settings.limits);
		this.#owner = {
			handlers: this.#handlers,
			resource: this.#resource,
			limits: this.#settings.limits,
			resetUnlessClosed: this.#settings.connection.resetUnlessClosed,
			onEnded() {
				// The handlers hear of it first.
			},
			onError: (error, core) => {
				tellError(this.#handlers, error, core.face as TcpConnection<Context>, this.name);
			},
			onTold: core => {
				this.#onDown(core);
			},
		};
		this.#connector = new Connector<ConnectedSlot>({
			retry: this.#settings.retry,
			startTry: () => startTry(this.#settings, discard),
			discard,
			onConnected: slot => {
				this.#onConnected(slot);
			},
			onGivenUp: error => {
				this.#onGivenUp(error as TcpError);
			},
		});
	}

	/** The option `name`. */
	get name(): string {
		return this.#settings.name;
	}

	/** The one that is up: from the turn before its up callback (`state` is then `connecting`) until `onClose` has returned. */
	get connection(): TcpConnection<Context> | undefined {
		return this.#connection;
	}

	/**
	 * Begins to connect, unless it does or is; while the connection is ending (`onClose` included), when it has ended. Failures: `retry.onRetry`,
	 * finally `onError`.
	 *
	 * @throws ClosedError after `stop`
	 */
	connect(): void {
		if (this.#isStopped) throw new ClosedError('ERR_TCP_CLOSED', `The client ${this.name} has been stopped`);
		this.#isWanted = true;
		if (this.#connection === undefined) this.#try();
		else this.#isAskedAnew = this.#connection.state.startsWith('disconnect');
	}

	/** `shutdown()` of the connection that is up, or the end of trying, and no reconnect after it. */
	disconnect(): void {
		this.#isWanted = false;
		this.#isAskedAnew = false;
		this.#endTrying();
		this.#connection?.shutdown();
	}

	/**
	 * Ends trying, in any state; resolves when the connection, shut down, has ended or was reset after `timeout` ms (default 10,000). Idempotent; the
	 * earliest deadline counts.
	 *
	 * @throws TypeError, RangeError
	 */
	async stop(options?: CloseOptions): Promise<void> {
		const timeout = normalizeClose(options, defaultStopTimeoutMs);
		this.#isStopped = true;
		this.disconnect();
		this.#stopping ??= new Promise(resolve => {
			this.#drain = new Drain({
				open: () => (this.#connection === undefined ? [] : [coreOf(this.#connection)]),
				handlers: () => 0,
				waitsForAll: true,
				onDrained() {
					resolve();
				},
			});
		});
		this.#drain?.within(timeout);
		this.#drain?.check();
		return this.#stopping;
	}

	/** Keeps the process alive while it tries or is connected, which is so from the beginning. */
	ref(): this {
		return this.#setRef(true);
	}

	/** Does not keep the process alive. */
	unref(): this {
		return this.#setRef(false);
	}

	/** `stop()`. */
	async [Symbol.asyncDispose](): Promise<void> {
		await this.stop();
	}

	#setRef(isRef: boolean): this {
		this.#isRef = isRef;
		this.#holder.set(isRef);
		if (isRef) this.#connection?.ref();
		else this.#connection?.unref();
		return this;
	}

	#try(): void {
		this.#holder.start();
		this.#connector.start();
	}

	#endTrying(): void {
		this.#connector.stop();
		this.#holder.end();
	}

	#onConnected({slot, generation, target}: ConnectedSlot): void {
		const core = new ConnectionCore(slot, generation, this.#owner);
		const origin: ConnectionOrigin = {
			namePrefix: () => `${this.name}-${target}`,
			draining: neverDraining,
			closeTimeout: this.#settings.connection.closeTimeout,
		};
		this.#connection = createTcpConnection<Context>(core, origin, ++this.#number);
		if (!this.#isRef) this.#connection.unref();
		this.#holder.end();
		core.startLater();
	}

	#onGivenUp(error: TcpError): void {
		this.#isWanted = false;
		this.#holder.end();
		tellError(this.#handlers, error, undefined, this.name);
	}

	/** The last callback of the connection has been called. */
	#onDown(core: ConnectionCore): void {
		if (this.#connection === undefined || coreOf(this.#connection) !== core) return;
		this.#connection = undefined;
		this.#drain?.check();
		if (!this.#isWanted) return;
		if (this.#isAskedAnew) {
			this.#isAskedAnew = false;
			this.#try();
			return;
		}

		// One that has gone to the other face lives on.
		if (!this.#settings.reconnects || core.info?.reason === 'detached') {
			this.#isWanted = false;
			return;
		}

		inNextTurn(() => {
			if (!this.#isWanted || this.#connection !== undefined) return;
			this.#holder.start();
			this.#connector.startAfterDrop();
		});
	}
}

/** A connection that came when nobody wanted it any more. */
function discard({slot, generation}: ConnectedSlot): void {
	refuse(slot, generation);
}
