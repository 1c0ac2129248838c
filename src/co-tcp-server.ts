/** The public server: takes connections, hands them to the handler or to `accept()`, and ends with all of them. */
import {AsyncResource} from 'node:async_hooks';
import {createConnection, lifetimeOf, type CoTcpConnection} from './co-tcp-connection.js';
import type {CloseOptions, OperationOptions, SocketAddress} from './connection-types.js';
import type {ConnectionOwner} from './connection/connection-owner.js';
import {Lifetime} from './connection/lifetime.js';
import type {ConnectionLimits} from './connection/limits.js';
import {prefixOf, type ConnectionOrigin} from './connection/origin.js';
import {watchStalls} from './connection/stall-sweep.js';
import {BusyError, ClosedError} from './errors.js';
import {errorFromErrno} from './internal/errno-errors.js';
import {Holder} from './loop/holders.js';
import type {ListenSettings} from './normalize-endpoint.js';
import {normalizeClose, normalizeOperation} from './normalize.js';
import type {ConnectionHandler, DrainResult, ServerStats} from './server-types.js';
import {Admission} from './server/admission.js';
import {AcceptQueue} from './server/accept-queue.js';
import {Drain} from './server/drain.js';
import {reportError} from './server/error-report.js';
import {runHandler, type HandlerObserver} from './server/handler-run.js';
import type {Listener} from './server/listener.js';
import type {ServerParts} from './server/server-parts.js';
import {StatsCounter} from './server/server-stats.js';
import {SocketFile} from './server/socket-file.js';

const defaultDrainTimeoutMs = 10_000;

/** Makes a server that listens; only the library can. @throws ResourceError, BrokenError */
export let createServer: <Context>(
	settings: ListenSettings<Context>,
	parts: ServerParts,
	handler: ConnectionHandler<Context> | undefined,
) => CoTcpServer<Context>;

/** Made by `listen`. Keeps the process alive while it listens. */
export class CoTcpServer<Context = unknown> implements AsyncIterable<CoTcpConnection<Context>>, AsyncDisposable {
	readonly #settings: ListenSettings<Context>;
	readonly #parts: ServerParts;
	readonly #handler: ConnectionHandler<Context> | undefined;
	readonly #listener: Listener;
	readonly #file: SocketFile | undefined;
	readonly #resource = new AsyncResource('COTCP_SERVER');
	readonly #holder = new Holder();
	readonly #counter: StatsCounter;
	readonly #admission: Admission;
	readonly #connections = new Set<CoTcpConnection<Context>>();
	readonly #waiting = new AcceptQueue<CoTcpConnection<Context>>(() => {
		this.#updateDemand();
	});
	readonly #drainingController = new AbortController();
	readonly #closed: Promise<DrainResult>;
	#resolveClosed!: (result: DrainResult) => void;
	/** Taken for somebody who has given up since. */
	readonly #unclaimed: Array<CoTcpConnection<Context>> = [];
	readonly #origin: ConnectionOrigin;
	readonly #owner: ConnectionOwner;
	#drain: Pick<Drain, 'within' | 'check'> | undefined;
	#handlers = 0;
	#isDemandStale = false;
	#toldDemand = 0;

	private constructor(
		settings: ListenSettings<Context>,
		parts: ServerParts,
		handler: ConnectionHandler<Context> | undefined,
	) {
		this.#settings = settings;
		this.#parts = parts;
		this.#handler = handler;
		this.#counter = parts.counter ?? new StatsCounter();
		this.#admission = new Admission(settings, this.#counter.refused, error => {
			this.#report(error, undefined, `the blockList of ${this.name} failed`);
		});
		this.#closed = new Promise(resolve => {
			this.#resolveClosed = resolve;
		});
		this.#listener = parts.open({
			onAccepted: (slot, generation) => {
				this.#onAccepted(slot, generation);
			},
			onAcceptTrouble: (errno, refused, isPaused) => {
				this.#onAcceptTrouble(errno, refused, isPaused);
			},
		});
		this.#file = SocketFile.of(settings.path);
		this.#origin = {
			namePrefix: () => prefixOf(this.name, this.address),
			draining: this.#drainingController.signal,
			closeTimeout: settings.connection.closeTimeout,
			numberOf: parts.numberOf,
		};
		this.#owner = this.#makeOwner(settings.connection);
		this.#holder.start();
		this.#updateDemand();
	}

	static {
		createServer = (settings, parts, handler) => new CoTcpServer(settings, parts, handler);
	}

	/** Bound address; stays valid after close. */
	get address(): SocketAddress {
		return this.#listener.address;
	}

	/** The option `name`. */
	get name(): string {
		return this.#settings.name;
	}

	/** Live ones of this thread, from accept to end. */
	get connections(): ReadonlySet<CoTcpConnection<Context>> {
		return this.#connections;
	}

	/** Counters as of now; stay valid after close. */
	get stats(): ServerStats {
		const own = this.#counter.snapshot(this.#lifetimes());
		return this.#parts.describe?.(own) ?? own;
	}

	/** Aborts when `close()` is called: handlers finish early. */
	get draining(): AbortSignal {
		return this.#drainingController.signal;
	}

	/** Never rejects; resolves when the server has closed, with what `close()` told. */
	get closed(): Promise<DrainResult> {
		return this.#closed;
	}

	/**
	 * Resolves to the next connection, which the caller owns; null once the server is closed. Several waiters: first-in first-out.
	 *
	 * @param options `signal`; `timeout` in ms
	 * @throws BusyError if a handler takes the connections; TimeoutError; the signal's reason
	 */
	async accept(options?: OperationOptions): Promise<CoTcpConnection<Context> | null> {
		const settings = normalizeOperation(options);
		settings.signal?.throwIfAborted();
		if (!this.#listener.isOpen) return null;
		if (this.#handler !== undefined || this.#parts.drain !== undefined)
			throw new BusyError('ERR_TCP_BUSY', 'The handler of the server takes the connections');
		if (this.#waiting.size === 0 && this.#unclaimed.length > 0) return this.#unclaimed.shift() ?? null;
		return this.#waiting.wait(settings, () => this.#acceptNow());
	}

	/**
	 * Stops accepting, aborts `draining`, waits for handlers and connections, then resets the rest.
	 * Idempotent: all calls get one result, the earliest deadline counts. Rejects only for bad arguments.
	 *
	 * @param options `timeout` in ms, 10,000 by default; 0 = at once
	 */
	async close(options?: CloseOptions): Promise<DrainResult> {
		const timeout = normalizeClose(options, defaultDrainTimeoutMs);
		if (this.#drain === undefined) {
			this.#stopListening();
			this.#drain =
				this.#parts.drain?.(this.#holder.isRef, this.#resolveClosed) ??
				new Drain({
					open: () => this.#lifetimes(),
					handlers: () => this.#handlers,
					waitsForAll: false,
					onDrained: this.#resolveClosed,
				});
		}

		this.#drain.within(timeout);
		this.#drain.check();
		return this.#closed;
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

	/** `accept()` until null. `break` does not close the server. */
	async *[Symbol.asyncIterator](): AsyncIterableIterator<CoTcpConnection<Context>> {
		for (let connection = await this.accept(); connection !== null; connection = await this.accept())
			yield connection;
	}

	/** `close()`. */
	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}

	// taking connections

	#onAccepted(slot: number, generation: number): void {
		// Also after one that is refused: native code has counted it.
		this.#updateDemand();
		if (!this.#admission.admit(slot, generation, this.#connections.size)) return;
		const connection = this.#admit(slot, generation);
		if (this.#handler === undefined && !this.#waiting.give(connection)) this.#unclaimed.push(connection);
	}

	#admit(slot: number, generation: number): CoTcpConnection<Context> {
		const handler = this.#handler;
		const lifetime = new Lifetime(slot, generation, this.#owner, handler !== undefined);
		const connection = createConnection<Context>(lifetime, this.#origin, ++this.#counter.accepted);
		this.#connections.add(connection);
		if (handler !== undefined) {
			this.#handlers++;
			runHandler(handler, connection, lifetime, this.#resource, this.#handlerObserver);
		}

		return connection;
	}

	/** For a waiter who cannot wait. */
	#acceptNow(): CoTcpConnection<Context> | undefined {
		const unclaimed = this.#unclaimed.shift();
		if (unclaimed !== undefined || this.#connections.size >= this.#settings.maxConnections) return unclaimed;
		const peer = this.#admission.next(this.#listener, this.#connections.size);
		return peer === undefined ? undefined : this.#admit(peer.slot, peer.generation);
	}

	/** Later, when those that the batch has accepted are counted. */
	#updateDemand(): void {
		if (this.#isDemandStale) return;
		this.#isDemandStale = true;
		queueMicrotask(() => {
			this.#isDemandStale = false;
			const demand = this.#demand();
			// Who wants all and has said so need not say it for every newcomer.
			if (demand === Infinity && this.#toldDemand === Infinity) return;
			this.#toldDemand = demand;
			this.#listener.setDemand(demand);
		});
	}

	#demand(): number {
		const {maxConnections, overload} = this.#settings;
		const room = overload === 'reset' ? Infinity : Math.max(0, maxConnections - this.#connections.size);
		return this.#handler === undefined ? Math.min(room, this.#waiting.size) : room;
	}

	#onAcceptTrouble(errno: number, refused: number, isPaused: boolean): void {
		this.#counter.acceptErrors += refused + (isPaused ? 1 : 0);
		this.#report(errorFromErrno(errno, 'accept', this.address), undefined, `${this.name} cannot accept`);
	}

	#report(error: unknown, connection: CoTcpConnection<Context> | undefined, what: string): void {
		reportError(this.#settings.onError, error, connection, `cotcp: ${what}`);
	}

	#makeOwner(limits: ConnectionLimits): ConnectionOwner {
		watchStalls(limits);
		return {
			limits,
			onEnded: lifetime => {
				this.#connections.delete(lifetime.face as CoTcpConnection<Context>);
				this.#counter.countEnd(lifetime);
				this.#admission.onEnded(() => lifetime.link.remoteAddress);
				if (this.#settings.maxConnections !== Infinity) this.#updateDemand();
				this.#drain?.check();
			},
			onContextError: (error, {face}) => {
				this.#report(error, face as CoTcpConnection<Context>, `disposing a context of ${this.name} failed`);
			},
		};
	}

	readonly #handlerObserver: HandlerObserver<Context> = {
		onHandlerError: (error, connection) => {
			this.#counter.handlerErrors++;
			this.#report(error, connection, `a handler of ${this.name} failed`);
		},
		onHandlerSettled: () => {
			this.#handlers--;
			this.#drain?.check();
		},
	};

	// the end

	#stopListening(): void {
		this.#listener.close();
		this.#file?.remove();
		this.#holder.end();
		this.#waiting.end();
		for (const connection of this.#unclaimed.splice(0)) connection.reset();
		queueMicrotask(() => {
			this.#drainingController.abort(new ClosedError('ERR_TCP_CLOSED', `The server ${this.name} is closing`));
		});
	}

	#lifetimes(): Lifetime[] {
		return Array.from(this.#connections, connection => lifetimeOf(connection));
	}
}
