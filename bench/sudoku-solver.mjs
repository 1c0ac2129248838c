// Solves the grids of a file again and again and prints the CPU time per grid, in microseconds: the median of rounds, after others that do not count.
import {readFileSync} from 'node:fs';
import {solve} from '../examples/sudoku/solver/solver.ts';

const warmupRounds = 30;
const rounds = 50;
const nanosecondsPerMicrosecond = 1000;
const grids = readFileSync(process.argv[2], 'utf8').trimEnd().split('\n');

/** Of this thread alone, in nanoseconds. */
function cpuTime() {
	return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]);
}

/** @returns {number} nanoseconds per grid */
function solveAll() {
	const start = cpuTime();
	let boards = 0;
	for (const grid of grids) if (solve(grid) !== undefined) boards++;
	const time = cpuTime() - start;
	if (boards !== grids.length) throw new Error('The solver has missed a grid');
	return time / grids.length;
}

for (let round = 0; round < warmupRounds; round++) solveAll();
const times = Array.from({length: rounds}, solveAll).sort((a, b) => a - b);
console.log(times[rounds / 2] / nanosecondsPerMicrosecond);
