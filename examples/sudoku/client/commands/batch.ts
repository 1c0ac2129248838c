import type {Server} from '../exchange.js';
import {openExchanges, runExchange} from '../exchanges.js';
import {startProgress, type ProgressOptions} from '../progress.js';
import type {Outcome} from '../report.js';
import {review, type Workload} from '../workload.js';

export interface BatchOptions {
	readonly server: Server;
	/** Each of them asks for all grids. */
	readonly connections: number;
	readonly workload: Workload;
	/** Where progress is shown. Default: stderr; null: nowhere. */
	readonly stream?: ProgressOptions['stream'] | null;
}

/** Every request at once; resolves when all are answered, or lost. */
export async function runBatch({server, connections, workload, stream}: BatchOptions): Promise<Outcome> {
	const {grids, judge, tally} = workload;
	const exchanges = await openExchanges(server, connections, grids);
	const progress = stream === null ? undefined : startProgress({total: grids.length * connections, stream});
	const start = performance.now();
	let lastAnswerAt = start;
	const requests = grids.map((_, grid) => ({grid, since: start}));
	await Promise.all(
		exchanges.map(async (exchange, number) => {
			exchange.ask(requests);
			exchange.finish();
			await runExchange(exchange, number, tally, {
				onAnswer({grid}, body, at) {
					tally.count(judge.judge(grid, body));
					lastAnswerAt = at;
				},
				onAnswers() {
					progress?.update(tally.answers);
				},
			});
		}),
	);
	progress?.stop();
	review(workload);
	return {tally, elapsedMs: lastAnswerAt - start, notes: []};
}
