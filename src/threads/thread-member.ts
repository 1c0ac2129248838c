/** One of a server's threads, as seen from the one that called `listen`: a Worker, and after its death the next one in its place. */
import {performance} from 'node:perf_hooks';
import {MessageChannel, receiveMessageOnPort, Worker, type MessagePort} from 'node:worker_threads';
import {startTimer} from '../loop/clock.js';
import type {DrainResult} from '../server-types.js';
import {unpackError} from './error-transfer.js';
import type {FromThread, Seat, ThreadPlan, ToThread} from './messages.js';
import {SharedStats} from './shared-stats.js';
import {workerSource} from '../internal/type-script.js';

/** What all threads of a server have in common. */
export type CommonPlan = Omit<ThreadPlan, 'index' | 'stats' | 'port'>;

/** Who wants to know how it fares. */
export interface MemberObserver {
	/** A handler failed, or something else that ends no thread. */
	onError(error: unknown, what: string): void;
	/** It was ready, and has ended. `cause` is undefined if that was asked for. */
	onGone(member: ThreadMember, cause: unknown): void;
}

// Beside this file: src when a program runs from there, else dist.
const entry = new URL(`./worker-entry${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** What loading the module may take, in ms, of a thread that is to be ended meanwhile. */
const loadingPatienceMs = 10_000;

/** A Worker's life, from its start to its exit. */
interface Run {
	readonly worker: Worker;
	readonly port: MessagePort;
	readonly exited: Promise<void>;
	readonly onReady: () => void;
	readonly onFailed: (error: unknown) => void;
	readonly loaded: Promise<void>;
	readonly onLoaded: () => void;
	seat: Seat | undefined;
	error: unknown;
}

export class ThreadMember {
	readonly index: number;
	readonly stats = new SharedStats();
	/** How it ended what was open at close(). */
	drained: DrainResult | undefined;
	readonly #plan: CommonPlan;
	readonly #name: string;
	readonly #observer: MemberObserver;
	#run: Run | undefined;
	/** Of the last start, however it went. */
	#settled = Promise.resolve();
	#isEnding = false;
	#readyAt = Infinity;

	constructor(index: number, plan: CommonPlan, observer: MemberObserver) {
		this.index = index;
		this.#plan = plan;
		this.#name = `Thread ${index} of the server "${plan.settings.name}"`;
		this.#observer = observer;
	}

	/** Where newcomers go, while it lives and is ready. */
	get seat(): Seat | undefined {
		return this.#run?.seat;
	}

	get isRunning(): boolean {
		return this.#run !== undefined;
	}

	/** Ms since it was ready. */
	get age(): number {
		return Math.max(0, performance.now() - this.#readyAt);
	}

	/** Resolves when it can take connections. Rejects with what went wrong, when the thread has ended. */
	start(): Promise<void> {
		const started = new Promise<void>((resolve, reject) => {
			this.#run = this.#launch(resolve, reject);
		});
		this.#settled = started.catch(() => {});
		return started;
	}

	/** Has its connections end in good order, those that are left after `timeout` ms otherwise, and then itself. */
	close(timeout: number): void {
		this.#isEnding = true;
		const message: ToThread = {kind: 'close', timeout};
		this.#run?.port.postMessage(message);
	}

	/**
	 * As `terminate`, but one that is on its way up gets so many ms to arrive there, and more while it loads its module: node leaks the descriptors of
	 * files that a thread is reading when it is terminated.
	 */
	async stop(patience: number): Promise<void> {
		this.#isEnding = true;
		if (this.#run !== undefined) {
			const settled = this.#settled;
			await within(Promise.race([settled, this.#run.loaded]), loadingPatienceMs);
			await within(settled, patience);
		}

		await this.terminate();
	}

	/** Ends it now. Resolves when it has ended. */
	async terminate(): Promise<void> {
		this.#isEnding = true;
		const run = this.#run;
		if (run === undefined) return;
		void run.worker.terminate();
		await run.exited;
	}

	#launch(onReady: () => void, onFailed: (error: unknown) => void): Run {
		const {port1: port, port2} = new MessageChannel();
		const plan: ThreadPlan = {...this.#plan, index: this.index, stats: this.stats.memory, port: port2};
		let onLoaded = (): void => {};
		const loaded = new Promise<void>(resolve => {
			onLoaded = resolve;
		});
		const {source, data} = workerSource(entry);
		const worker = new Worker(source, {
			name: this.#name,
			workerData: {...plan, ...data},
			transferList: [port2],
		});
		const run: Run = {
			worker,
			port,
			onReady,
			onFailed,
			loaded,
			onLoaded,
			exited: new Promise(resolve => {
				worker.on('exit', code => {
					this.#onExit(run, code);
					resolve();
				});
			}),
			seat: undefined,
			error: undefined,
		};
		worker.on('error', error => {
			run.error ??= error;
		});
		port.on('message', (message: FromThread) => {
			this.#onMessage(run, message);
		});
		// What keeps the process alive is the server, not its threads.
		worker.unref();
		port.unref();
		return run;
	}

	#onMessage(run: Run, message: FromThread): void {
		switch (message.kind) {
			case 'loaded':
				run.onLoaded();
				break;
			case 'ready':
				run.seat = message.seat;
				this.#readyAt = performance.now();
				run.onReady();
				break;
			case 'failed':
				run.error = unpackError(message.error);
				void run.worker.terminate();
				break;
			case 'error':
				this.#observer.onError(unpackError(message.error), message.what);
				break;
			case 'closed':
				this.drained = message.result;
				break;
			default:
		}
	}

	#onExit(run: Run, code: number): void {
		// Its last words may be on their way still.
		for (let last = receiveMessageOnPort(run.port); last !== undefined; last = receiveMessageOnPort(run.port))
			this.#onMessage(run, last.message as FromThread);
		run.port.close();
		this.#run = undefined;
		const cause = this.#isEnding ? undefined : this.#causeOf(run, code);
		if (run.seat === undefined) {
			run.onFailed(run.error ?? cause ?? this.#causeOf(run, code));
			return;
		}

		const {open} = this.stats.read();
		this.drained ??= {drained: 0, aborted: open};
		this.stats.writeEnd();
		this.#observer.onGone(this, cause);
	}

	#causeOf({error}: Run, code: number): Error {
		const how = error instanceof Error ? `: ${error.message}` : ` with exit code ${code}`;
		return Object.assign(new Error(`${this.#name} has ended${how}`, {cause: error}), {code: 'ERR_TCP_THREAD'});
	}
}

/** Resolves with `fact`, or after so many ms. */
async function within(fact: Promise<void>, ms: number): Promise<void> {
	let cancel = (): void => {};
	const over = new Promise<void>(resolve => {
		cancel = startTimer(ms, resolve);
	});
	await Promise.race([fact, over]);
	cancel();
}
