/** A thread of the pool: gets grids, gives solutions in the same order. */
import {parentPort} from 'node:worker_threads';
import {solve} from '../solver/solver.js';

parentPort?.on('message', (grids: readonly string[]) => {
	parentPort?.postMessage(grids.map(grid => solve(grid)));
});
// Whoever has started it waits for that.
parentPort?.postMessage('ready');
