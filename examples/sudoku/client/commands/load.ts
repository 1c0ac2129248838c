import {sleep} from 'cotcp';
import type {Exchange, Server} from '../exchange.js';
import {openExchanges, runExchange} from '../exchanges.js';
import {Histogram} from '../histogram.js';
import type {Request} from '../pending.js';
import type {Outcome} from '../report.js';
import {Schedule} from '../schedule.js';
import {review, type Workload} from '../workload.js';

export interface LoadOptions {
	readonly server: Server;
	/** Requests per second, all connections together. */
	readonly rate: number;
	/** Ms between two ticks. */
	readonly tick: number;
	/** Ms. */
	readonly duration: number;
	/** Ms of the same load before that: of its answers only the wrong ones count. 0: none. */
	readonly warmup: number;
	readonly connections: number;
	readonly workload: Workload;
}

/**
 * An open loop: requests go out as planned, whatever becomes of the answers. Latency counts from the tick at which a request was planned, so a pause, be it
 * of the server, of the network or of this very program, is in the latencies of all the requests that it has held up.
 */
export async function runLoad(options: LoadOptions): Promise<Outcome> {
	const {server, rate, tick, warmup, connections, workload} = options;
	const {grids, judge, tally} = workload;
	const exchanges = await openExchanges(server, connections, grids);
	const latencies = new Histogram();
	const begin = performance.now();
	const start = begin + warmup;
	const schedule = new Schedule({...options, start});
	let lastAnswerAt = start;
	const runs = exchanges.map(async (exchange, number) =>
		runExchange(exchange, number, tally, {
			onAnswer({grid, since}, body, at) {
				const verdict = judge.judge(grid, body);
				if (since >= start) latencies.record(at - since);
				else if (verdict !== 'wrong') return;
				tally.count(verdict);
				lastAnswerAt = at;
			},
		}),
	);
	if (warmup > 0) await generate(new Schedule({rate, tick, duration: warmup, start: begin}), exchanges, workload);
	const lateness = await generate(schedule, exchanges, workload);
	for (const exchange of exchanges) exchange.finish();
	await Promise.all(runs);
	review(workload);
	return {
		tally,
		elapsedMs: lastAnswerAt - start,
		latencies,
		notes: [
			`open loop: ${schedule.total.toLocaleString('en-US')} requests, ${rate.toLocaleString('en-US')} per second, in ticks of ${tick} ms, over ${connections} connections; latency from the planned tick`,
			...(warmup > 0
				? [
						`before that ${warmup / 1000} s of the same as a warm-up, of which only what is wrong or lost counts`,
					]
				: []),
			`the generator itself was late by ${lateness.toFixed(3)} ms at most`,
		],
	};
}

/** Sends what is due, tick by tick. Resolves to the most that it was late, in ms. */
async function generate(schedule: Schedule, exchanges: readonly Exchange[], {grids, tally}: Workload): Promise<number> {
	let given = 0;
	let lateness = 0;
	let live = exchanges;
	while (!schedule.isOver && live.length > 0) {
		const now = performance.now();
		// Dealt out one by one; those of one connection go out together.
		const hands = live.map(() => [] as Request[]);
		for (const {at, requests} of schedule.due(now)) {
			lateness = Math.max(lateness, now - at);
			for (const end = given + requests; given < end; given++)
				hands[given % hands.length]?.push({grid: given % grids.length, since: at});
		}

		for (const [index, hand] of hands.entries()) if (hand.length > 0) live[index]?.ask(hand);
		await sleep(Math.max(0, schedule.next - performance.now()));
		live = exchanges.filter(({isOver}) => !isOver);
	}

	// Nobody was left to send them to.
	tally.lost += schedule.total - given;
	return lateness;
}
