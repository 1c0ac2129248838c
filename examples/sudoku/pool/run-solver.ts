import {parentPort} from 'node:worker_threads';
import {RemoteConnection} from 'cotcp';
import {encode, solutionLine} from '../protocol.js';
import type {Batch, Delivery, FromThread} from './messages.js';

type Solutions = ReadonlyArray<string | undefined>;

function tell(message: FromThread): void {
	parentPort?.postMessage(message);
}

/** Deliveries whose end has not been told. */
let numbers: number[] = [];
let failed: number[] = [];

/** In one message for all of this turn. */
function tellSent(list: number[], number: number): void {
	if (numbers.length + failed.length === 0)
		queueMicrotask(() => {
			tell({kind: 'sent', numbers, failed});
			numbers = [];
			failed = [];
		});
	list.push(number);
}

/** A client that is slow does not hold the thread up: its answers wait in the connection's queue, and then here. */
async function send({number, token, indices, ids}: Delivery, solutions: Solutions): Promise<void> {
	const lines = indices.map((index, at) => solutionLine(ids[at] ?? '', solutions[index]));
	try {
		await RemoteConnection.from(token).send(encode(lines.join('')));
		tellSent(numbers, number);
	} catch {
		tellSent(failed, number);
	}
}

/** What a thread of the pool does: solves batches, says so, and sends the answers that are its own to send. */
export function runSolver(solve: (grid: string) => string | undefined): void {
	parentPort?.on('message', ({grids, deliveries}: Batch) => {
		const solutions = grids.map(grid => solve(grid));
		tell({kind: 'solved', solutions});
		for (const delivery of deliveries) void send(delivery, solutions);
	});
	// Whoever has started it waits for that.
	tell({kind: 'ready'});
}
