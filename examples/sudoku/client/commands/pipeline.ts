import type {Exchange, Server} from '../exchange.js';
import {openExchanges, runExchange} from '../exchanges.js';
import {Histogram} from '../histogram.js';
import type {Outcome} from '../report.js';
import type {Request} from '../pending.js';
import {review, type Workload} from '../workload.js';

export interface PipelineOptions {
	readonly server: Server;
	readonly connections: number;
	/** Requests in flight on each. */
	readonly depth: number;
	/** Ms, or Infinity. */
	readonly duration: number;
	/** In all, or Infinity. */
	readonly requests: number;
	readonly workload: Workload;
}

/** A closed loop: the next request goes out when an answer has come. Latency counts from there, so a server that is slow is asked less. */
export async function runPipeline(options: PipelineOptions): Promise<Outcome> {
	const {server, connections, depth, workload} = options;
	const {grids, judge, tally} = workload;
	const exchanges = await openExchanges(server, connections, grids);
	const latencies = new Histogram();
	const start = performance.now();
	const supply = new Supply(options, start);
	let lastAnswerAt = start;
	await Promise.all(
		exchanges.map(async (exchange, number) => {
			askFor(exchange, supply.take(depth, performance.now()));
			await runExchange(exchange, number, tally, {
				onAnswer({grid, since}, body, at) {
					latencies.record(at - since);
					tally.count(judge.judge(grid, body));
					lastAnswerAt = at;
				},
				onAnswers(count) {
					askFor(exchange, supply.take(count, performance.now()));
				},
			});
		}),
	);
	review(workload);
	const notes = [`closed loop: ${connections} connections, ${depth} requests in flight on each`];
	return {tally, elapsedMs: lastAnswerAt - start, latencies, notes};
}

/** Nothing more to ask for: the exchange comes to its end. */
function askFor(exchange: Exchange, requests: readonly Request[]): void {
	if (requests.length > 0) exchange.ask(requests);
	else exchange.finish();
}

/** The requests of all connections, grid after grid. */
class Supply {
	readonly #grids: number;
	readonly #most: number;
	readonly #end: number;
	#given = 0;

	constructor({workload, requests, duration}: PipelineOptions, start: number) {
		this.#grids = workload.grids.length;
		this.#most = requests;
		this.#end = start + duration;
	}

	/** At most so many; none when requests or time are used up. */
	take(count: number, now: number): Request[] {
		const left = now < this.#end ? Math.min(count, this.#most - this.#given) : 0;
		return Array.from({length: left}, () => ({grid: this.#given++ % this.#grids, since: now}));
	}
}
