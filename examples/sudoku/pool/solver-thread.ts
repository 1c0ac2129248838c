import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import {DeliveryBook, type Reply} from './delivery-book.js';
import type {Batch, Delivery, FromThread} from './messages.js';

/** Loads a module that is written in TypeScript. */
const program = new URL('thread.mjs', import.meta.url);

export interface Question {
	readonly grid: string;
	/** Set where the thread sends the answer itself. */
	readonly reply: Reply | undefined;
}

/** One solver in a thread of its own. Owns the thread. */
export class SolverThread<Job extends Question> {
	readonly #worker: Worker;
	/** With the thread, the oldest first. It answers in this order. */
	readonly #batches: Array<{readonly jobs: readonly Job[]; readonly deliveries: readonly Delivery[]}> = [];
	readonly #book = new DeliveryBook();

	private constructor(worker: Worker) {
		this.#worker = worker;
	}

	/** Resolves when it can solve; rejects if it cannot begin to. */
	static async start<Job extends Question>(
		module: URL,
		onSolved: (jobs: readonly Job[], solutions: ReadonlyArray<string | undefined>) => void,
	): Promise<SolverThread<Job>> {
		const worker = new Worker(program, {workerData: module.href});
		const tooEarly = once(worker, 'exit').then(([code]: unknown[]) => {
			throw new Error(`a solver thread ended before it was ready, with exit code ${String(code)}`);
		});
		await Promise.race([once(worker, 'message'), tooEarly]);
		const thread = new SolverThread<Job>(worker);
		worker.on('message', (message: FromThread) => {
			if (message.kind === 'solved') onSolved(thread.#batches.shift()?.jobs ?? [], message.solutions);
			if (message.kind !== 'sent') return;
			thread.#book.settle(message.numbers, false);
			thread.#book.settle(message.failed, true);
		});
		return thread;
	}

	get batchCount(): number {
		return this.#batches.length;
	}

	solve(jobs: readonly Job[]): void {
		const deliveries = this.#book.deliveriesOf(jobs);
		this.#batches.push({jobs, deliveries});
		const batch: Batch = {grids: jobs.map(({grid}) => grid), deliveries};
		this.#worker.postMessage(batch);
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
		// It sends when it has said that it is done: of these batches nothing has gone out.
		for (const {deliveries} of this.#batches) this.#book.withdraw(deliveries);
		this.#book.loseAll();
		const [begun = [], ...others] = this.#batches.map(({jobs}) => jobs);
		return {error, begun, others: others.flat()};
	}

	async stop(): Promise<void> {
		await this.#worker.terminate();
	}
}
