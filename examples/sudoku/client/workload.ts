import {solve} from '../solver/solver.js';
import {readGrids, readSolutions} from './grid-file.js';
import {Judge} from './judge.js';
import {Tally} from './tally.js';

/** The grids of a run, and what counts its answers. */
export interface Workload {
	readonly grids: readonly string[];
	readonly judge: Judge;
	readonly tally: Tally;
}

export async function readWorkload(path: string, solutions: string | undefined): Promise<Workload> {
	const file = await readGrids(path);
	const expected = solutions === undefined ? undefined : await readSolutions(solutions, file);
	const tally = new Tally();
	const judge = new Judge(file, expected, fault => tally.report(fault));
	return {grids: file.grids, judge, tally};
}

/** After the run, when the processor's time belongs to nobody else: grids that should have no solution are tried here. */
export function review({judge, tally}: Workload): void {
	tally.refute(judge.countRefuted(solve));
}
