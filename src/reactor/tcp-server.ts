/** The public server of the reactor: takes connections, and ends with all of them. */
import {AsyncResource} from 'node:async_hooks';
import type {CloseOptions, SocketAddress} from '../connection-types.js';
import {prefixOf, type ConnectionOrigin} from '../connection/origin.js';
import {watchStalls} from '../connection/stall-sweep.js';
import {ClosedError} from '../errors.js';
import {errorFromErrno} from '../internal/errno-errors.js';
import {native} from '../internal/addon.js';
import {Holder, hold, release} from '../loop/holders.js';
import {resolveHost} from '../net/resolve.js';
import {normalizeClose} from '../normalize.js';
import type {DrainResult, ServerStats} from '../server-types.js';
import {Admission} from '../server/admission.js';
import {Drain} from '../server/drain.js';
import {openListener, type Listener} from '../server/listener.js';
import type {ServerParts} from '../server/server-parts.js';
import {StatsCounter} from '../server/server-stats.js';
import {SocketFile} from '../server/socket-file.js';
import {invalidArgType} from '../validate.js';
import {ConnectionCore} from './connection-core.js';
import type {CoreOwner} from './core-owner.js';
import {EventLoop} from './event-loop.js';
import {tellError, type TcpHandlers} from './handlers.js';
import {
	normalizeTcpServer,
	readHandlers,
	readThreadedHandlers,
	ServerInside,
	type TcpServerOptions,
	type TcpServerSettings,
} from './options.js';
import {startThreads} from './start-threads.js';
import {coreOf, createTcpConnection, type TcpConnection} from './tcp-connection.js';

const defaultStopTimeoutMs = 10_000;

/**
 * A server of the reactor. Its options are checked by the constructor, which does nothing else.
 *
 * @example
 * ```ts
 * const server = new TcpServer(EventLoop.current(), {port: 9981}, {
 * 	onMessage: (connection, buffer) => connection.send(buffer.retrieveAll()),
 * });
 * await server.start();
 * ```
 */
export class TcpServer<Context = unknown> implements AsyncDisposable {
	readonly #settings: TcpServerSettings;
	#parts: ServerParts | undefined;
	/** Is told what the handlers have no `onError` for; undefined: the process is warned. */
	#report: ((error: unknown) => void) | undefined;
	#cancelStart: (() => void) | undefined;
	#handlers: TcpHandlers<Context>;
	readonly #resource = new AsyncResource('COTCP_REACTOR_SERVER');
	readonly #holder = new Holder();
	readonly #counter: StatsCounter;
	readonly #admission: Admission;
	readonly #connections = new Set<TcpConnection<Context>>();
	readonly #draining = new AbortController();
	#listener: Listener | undefined;
	#file: SocketFile | undefined;
	#starting: Promise<void> | undefined;
	#stopping: Promise<DrainResult> | undefined;
	#drain: Pick<Drain, 'within' | 'check'> | undefined;
	readonly #origin: ConnectionOrigin;
	readonly #owner: CoreOwner & {handlers: TcpHandlers};
	/** Connections that have ended, and whose last callback is still to come. */
	readonly #untold = new Set<ConnectionCore>();

	/**
	 * @param loop the loop of this thread
	 * @param options where to listen, whom to take, limits of connections
	 * @param handlers all optional
	 * @throws TypeError, RangeError
	 */
	constructor(loop: EventLoop, options: TcpServerOptions, handlers?: TcpHandlers<Context>) {
		if (!(loop instanceof EventLoop)) throw invalidArgType('loop', 'an EventLoop', loop);
		const inside = options instanceof ServerInside ? options : undefined;
		this.#settings = inside?.settings ?? normalizeTcpServer(options);
		this.#parts = inside?.parts;
		this.#report = inside?.report;
		this.#counter = this.#parts?.counter ?? new StatsCounter();
		this.#admission = new Admission(this.#settings, this.#counter.refused, error => {
			this.#tell(error, undefined);
		});
		this.#handlers = this.#settings.threads === undefined ? readHandlers(handlers) : readThreadedHandlers(handlers);
		this.#origin = {
			namePrefix: () => prefixOf(this.name, this.address),
			draining: this.#draining.signal,
			closeTimeout: this.#settings.connection.closeTimeout,
			numberOf: this.#parts?.numberOf,
		};
		watchStalls(this.#settings.limits);
		this.#owner = {
			handlers: this.#handlers,
			resource: this.#resource,
			limits: this.#settings.limits,
			resetUnlessClosed: this.#settings.connection.resetUnlessClosed,
			onEnded: core => {
				this.#connections.delete(core.face as TcpConnection<Context>);
				this.#untold.add(core);
				this.#counter.countEnd(core);
				this.#admission.onEnded(() => core.link.remoteAddress);
				if (this.#settings.maxConnections !== Infinity) this.#updateDemand();
			},
			onError: (error, core) => {
				this.#counter.handlerErrors++;
				this.#tell(error, core.face as TcpConnection<Context>);
			},
			onTold: core => {
				this.#untold.delete(core);
				this.#drain?.check();
			},
		};
	}

	/** The option `name`. */
	get name(): string {
		return this.#settings.name;
	}

	/** Bound address, after `start()`; stays valid after `stop()`. @throws ClosedError before */
	get address(): SocketAddress {
		if (this.#listener === undefined)
			throw new ClosedError('ERR_TCP_CLOSED', `The server ${this.name} does not listen`);
		return this.#listener.address;
	}

	/** Live ones of this thread, from accept to end. */
	get connections(): ReadonlySet<TcpConnection<Context>> {
		return this.#connections;
	}

	/** Counters as of now; stay valid after the end. */
	get stats(): ServerStats {
		const own = this.#counter.snapshot(this.#cores());
		return this.#parts?.describe?.(own) ?? own;
	}

	/**
	 * Resolves when bound and listening. Idempotent, but after a failure it tries anew; not again after `stop`.
	 *
	 * @throws ResourceError EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE ...; BrokenError for a host name that does not resolve; ClosedError
	 * after `stop`; with `threads`: what their module threw
	 */
	start(): Promise<void> {
		if (this.#stopping !== undefined) return Promise.reject(this.#stopped());
		return (this.#starting ??= this.#start().catch((error: unknown) => {
			this.#starting = undefined;
			throw error;
		}));
	}

	/**
	 * Stops accepting, calls `shutdown()` on every connection, resets what is left after `timeout` ms (default 10,000). Resolves to how they ended, when
	 * the last `onClose` has been called. Idempotent.
	 *
	 * @throws TypeError, RangeError
	 */
	async stop(options?: CloseOptions): Promise<DrainResult> {
		const timeout = normalizeClose(options, defaultStopTimeoutMs);
		this.#stopping ??= this.#stop();
		this.#drain?.within(timeout);
		this.#drain?.check();
		return this.#stopping;
	}

	/** Keeps the process alive while it listens, which is so from the beginning. */
	ref(): this {
		this.#holder.set(true);
		return this;
	}

	/** Does not keep the process alive. */
	unref(): this {
		this.#holder.set(false);
		return this;
	}

	/** `stop()`. */
	async [Symbol.asyncDispose](): Promise<void> {
		await this.stop();
	}

	async #start(): Promise<void> {
		hold();
		try {
			const host = await this.#resolve();
			if (this.#stopping !== undefined) throw this.#stopped();
			const parts = (this.#parts ??= await this.#makeParts(host));
			this.#listener = parts.open({
				onAccepted: (slot, generation) => {
					try {
						this.#onAccepted(slot, generation);
					} finally {
						// Also after one that is refused: native code has counted it.
						this.#updateDemand();
					}
				},
				onAcceptTrouble: (errno, refused, isPaused) => {
					this.#counter.acceptErrors += refused + (isPaused ? 1 : 0);
					this.#tell(errorFromErrno(errno, 'accept', this.address), undefined);
				},
			});
			this.#file = SocketFile.of(this.#settings.path);
			this.#holder.start();
			this.#updateDemand();
		} finally {
			release();
		}
	}

	async #makeParts(host: string | undefined): Promise<ServerParts> {
		const {threads} = this.#settings;
		if (threads === undefined) return {open: observer => openListener(this.#settings, host, observer)};
		const report = (error: unknown): void => {
			this.#tell(error, undefined);
		};
		const started = await startThreads(this.#settings, threads, host, report, cancel => {
			this.#cancelStart = cancel;
		}).catch((error: unknown) => {
			throw this.#stopping === undefined ? error : this.#stopped();
		});
		if (this.#stopping !== undefined) throw this.#stopped();
		this.#cancelStart = undefined;
		if (started.handlers !== undefined) this.#takeHandlers(started.handlers);
		return started.parts;
	}

	/** Of the module that this thread alone runs. */
	#takeHandlers(handlers: TcpHandlers<Context>): void {
		const given = this.#handlers;
		if (given.onError !== undefined) this.#report = error => given.onError?.(error, undefined);
		this.#handlers = handlers;
		this.#owner.handlers = handlers;
	}

	#tell(error: unknown, connection: TcpConnection<Context> | undefined): void {
		if (this.#report !== undefined && this.#handlers.onError === undefined) this.#report(error);
		else tellError(this.#handlers, error, connection, this.name);
	}

	async #resolve(): Promise<string | undefined> {
		const {host} = this.#settings;
		if (host === undefined) return undefined;
		const [first] = await resolveHost(host, {family: 0, lookup: undefined, addressFamily: native.addressFamily});
		return first?.address;
	}

	async #stop(): Promise<DrainResult> {
		this.#listener?.close();
		this.#file?.remove();
		this.#holder.end();
		this.#cancelStart?.();
		return new Promise(resolve => {
			this.#drain =
				this.#parts?.drain?.(this.#holder.isRef, resolve) ??
				new Drain({
					open: () => this.#cores(),
					handlers: () => this.#untold.size,
					letGo: () => {
						for (const core of this.#untold) core.letGo();
					},
					waitsForAll: true,
					onDrained: resolve,
				});
			for (const core of this.#cores()) core.shutdown();
			// Of connections that went to the other face. Later: listeners are the user's.
			queueMicrotask(() => {
				this.#draining.abort(this.#stopped());
			});
		});
	}

	#onAccepted(slot: number, generation: number): void {
		if (!this.#admission.admit(slot, generation, this.#connections.size)) return;

		const core = new ConnectionCore(slot, generation, this.#owner);
		const connection = createTcpConnection<Context>(core, this.#origin, ++this.#counter.accepted);
		this.#connections.add(connection);
		core.start();
	}

	/** How many more are wanted; the rest stays in the kernel's backlog. */
	#updateDemand(): void {
		const {maxConnections, overload} = this.#settings;
		const room = overload === 'reset' ? Infinity : Math.max(0, maxConnections - this.#connections.size);
		this.#listener?.setDemand(room);
	}

	#cores(): ConnectionCore[] {
		return Array.from(this.#connections, connection => coreOf(connection as TcpConnection));
	}

	#stopped(): ClosedError {
		return new ClosedError('ERR_TCP_CLOSED', `The server ${this.name} has been stopped`);
	}
}
