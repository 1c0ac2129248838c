import {once} from 'node:events';
import {Worker} from 'node:worker_threads';

/** Loads a module that is written in TypeScript. */
const program = new URL('thread.mjs', import.meta.url);

/** One solver in a thread of its own. Owns the thread. */
export class SolverThread<Job extends {readonly grid: string}> {
	readonly #worker: Worker;
	/** With the thread, the oldest first. It answers in this order. */
	readonly #batches: Array<readonly Job[]> = [];

	private constructor(worker: Worker) {
		this.#worker = worker;
	}

	/** Resolves when it can solve; rejects if it cannot begin to. */
	static async start<Job extends {readonly grid: string}>(
		module: URL,
		onSolved: (jobs: readonly Job[], solutions: ReadonlyArray<string | undefined>) => void,
	): Promise<SolverThread<Job>> {
		const worker = new Worker(program, {workerData: module.href});
		const tooEarly = once(worker, 'exit').then(([code]: unknown[]) => {
			throw new Error(`a solver thread ended before it was ready, with exit code ${String(code)}`);
		});
		await Promise.race([once(worker, 'message'), tooEarly]);
		const thread = new SolverThread<Job>(worker);
		worker.on('message', (solutions: ReadonlyArray<string | undefined>) => {
			onSolved(thread.#batches.shift() ?? [], solutions);
		});
		return thread;
	}

	get batchCount(): number {
		return this.#batches.length;
	}

	solve(jobs: readonly Job[]): void {
		this.#batches.push(jobs);
		this.#worker.postMessage(jobs.map(({grid}) => grid));
	}

	/** Resolves when the thread has ended, for whatever reason: with a batch in its hands, and others that it had not begun. */
	async ended(): Promise<{readonly error: unknown; readonly begun: readonly Job[]; readonly others: readonly Job[]}> {
		let error: unknown;
		this.#worker.once('error', reason => {
			error = reason;
		});
		await new Promise<void>(resolve => {
			this.#worker.once('exit', () => resolve());
		});
		const [begun = [], ...others] = this.#batches;
		return {error, begun, others: others.flat()};
	}

	async stop(): Promise<void> {
		await this.#worker.terminate();
	}
}
