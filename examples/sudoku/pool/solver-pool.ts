import type {Reply} from './delivery-book.js';
import {SolverThread, type Question} from './solver-thread.js';

/** Grids that a thread gets at a time, at most: a millisecond of work. */
const batchSize = 64;
/** So that a thread has its next batch when it is done with one. */
const batchesPerThread = 2;
/** Threads that may die with a grid in their hands before it is given up. */
const mostDeaths = 2;

/** Instead of a solution: there is none to be had now. */
export const tooBusy = Symbol('the pool is too busy');
export type Outcome = string | undefined | typeof tooBusy;

interface Job extends Question {
	readonly onDone: (outcome: Outcome) => void;
	deaths: number;
}

export interface SolverPoolOptions {
	readonly threads: number;
	/** Grids that may wait for a thread or be with one. */
	readonly queue: number;
	/** Told when a thread has died; another one takes its place. */
	readonly onError: (error: unknown) => void;
	/** What the threads run. Default: the solver. */
	readonly module?: URL;
}

const solverModule = new URL('worker.ts', import.meta.url);

/** Solves in threads, which it owns. */
export class SolverPool {
	readonly #options: SolverPoolOptions;
	readonly #threads = new Set<SolverThread<Job>>();
	#waiting: Job[] = [];
	#count = 0;
	/** Threads that are not ready yet. */
	#starting = 0;
	#isStopping = false;

	private constructor(options: SolverPoolOptions) {
		this.#options = options;
	}

	/** Resolves when all threads can solve. */
	static async start(options: SolverPoolOptions): Promise<SolverPool> {
		const pool = new SolverPool(options);
		const starts = await Promise.allSettled(Array.from({length: options.threads}, async () => pool.#addThread()));
		const failed = starts.find(({status}) => status === 'rejected');
		if (failed === undefined) return pool;
		await pool.stop();
		throw (failed as PromiseRejectedResult).reason;
	}

	/** Grids that wait for a thread or are with one. */
	get count(): number {
		return this.#count;
	}

	/**
	 * `onDone` is called in a later turn. false: the queue is full, and it will not be called. With `reply` the thread sends the answer,
	 * unless the outcome is `tooBusy`, and tells the client's `onSent` behind `onDone`.
	 */
	solve(grid: string, onDone: (outcome: Outcome) => void, reply?: Reply): boolean {
		if (this.#count >= this.#options.queue || this.#threads.size + this.#starting === 0) return false;
		this.#count++;
		this.#waiting.push({grid, reply, onDone, deaths: 0});
		this.#dispatch();
		return true;
	}

	/** What is under way is not solved any more. */
	async stop(): Promise<void> {
		this.#isStopping = true;
		await Promise.all(Array.from(this.#threads, async thread => thread.stop()));
	}

	async #addThread(): Promise<void> {
		this.#starting++;
		const thread = await SolverThread.start<Job>(this.#options.module ?? solverModule, (jobs, solutions) => {
			for (const [index, job] of jobs.entries()) this.#finish(job, solutions[index]);
			this.#dispatch();
		}).finally(() => {
			this.#starting--;
		});
		if (this.#isStopping) {
			await thread.stop();
			return;
		}

		this.#threads.add(thread);
		void this.#replaceWhenDead(thread);
		this.#dispatch();
	}

	async #replaceWhenDead(thread: SolverThread<Job>): Promise<void> {
		const {error, begun, others} = await thread.ended();
		this.#threads.delete(thread);
		if (this.#isStopping) return;
		this.#options.onError(error ?? new Error('a solver thread has ended'));
		const again: Job[] = [];
		for (const job of begun) {
			if (++job.deaths < mostDeaths) again.push(job);
			else this.#finish(job, tooBusy);
		}

		this.#waiting = [...again, ...others, ...this.#waiting];
		this.#dispatch();
		try {
			await this.#addThread();
		} catch (failure) {
			this.#options.onError(failure);
			if (this.#threads.size + this.#starting === 0) this.#giveUp();
		}
	}

	/** There is no thread, and there will be none. */
	#giveUp(): void {
		const jobs = this.#waiting;
		this.#waiting = [];
		for (const job of jobs) this.#finish(job, tooBusy);
	}

	#finish(job: Job, outcome: Outcome): void {
		this.#count--;
		job.onDone(outcome);
	}

	/** To the threads that have least to do, as long as one has room. */
	#dispatch(): void {
		while (this.#waiting.length > 0) {
			let idlest: SolverThread<Job> | undefined;
			for (const thread of this.#threads)
				if (thread.batchCount < (idlest?.batchCount ?? batchesPerThread)) idlest = thread;
			if (idlest === undefined) return;
			idlest.solve(this.#waiting.splice(0, this.#nextBatchSize()));
		}
	}

	/** What a thread may have died of goes alone, so that nothing else is given up with it. */
	#nextBatchSize(): number {
		const most = Math.min(batchSize, this.#waiting.length);
		let size = 0;
		while (size < most && this.#waiting[size]?.deaths === 0) size++;
		return Math.max(1, size);
	}
}
