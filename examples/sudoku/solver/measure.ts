/**
 * How long the solver takes: CPU time per grid of the data, and wall time of the worst of several kinds of grids.
 * `node --import tsx examples/sudoku/solver/measure.ts [ROUNDS]`
 */
import {readFileSync} from 'node:fs';
import {integerOption, runMain} from '../../shared/arguments.js';
import {solve} from './solver.js';

/** Rounds over the data before any counts: the compiler has seen everything then. */
const warmUps = 30;

function linesOf(name: string): string[] {
	return readFileSync(new URL(`../data/${name}`, import.meta.url), 'utf8')
		.trimEnd()
		.split('\n');
}

function median(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

/** Microseconds of this process's CPU time, which other programs on the machine do not add to. */
function cpuTime(work: () => void): number {
	const before = process.cpuUsage();
	work();
	const {user, system} = process.cpuUsage(before);
	return user + system;
}

/** Per grid, in each of the rounds. */
function measureData(grids: readonly string[], rounds: number): number[] {
	const round = () => {
		for (const grid of grids) solve(grid);
	};

	for (let count = 0; count < warmUps; count++) round();
	return Array.from({length: rounds}, () => cpuTime(round) / grids.length);
}

/** Numbers from 0 to 1 that are the same in each run (mulberry32). */
function randomNumbers(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let bits = Math.imul(state ^ (state >>> 15), state | 1);
		bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
		return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
	};
}

type Kind = (random: () => number, solution: string) => string;

/** So many clues of a full board; with `wrong`, one of them is another digit. */
function cluesOf(count: number, wrong: boolean): Kind {
	return (random, solution) => {
		const cells = Array.from({length: 81}, () => '0');
		for (let set = 0; set < count; set++) {
			const cell = Math.floor(random() * 81);
			cells[cell] = solution[cell] as string;
		}

		if (wrong) cells[Math.floor(random() * 81)] = String(1 + Math.floor(random() * 9));
		return cells.join('');
	};
}

const kinds: Readonly<Record<string, Kind>> = {
	'17 clues of a full board': cluesOf(17, false),
	'22 clues of a full board': cluesOf(22, false),
	'30 clues of a full board': cluesOf(30, false),
	'17 clues, one of them random': cluesOf(17, true),
	'22 clues, one of them random': cluesOf(22, true),
	'30 clues, one of them random': cluesOf(30, true),
};

const hard: Readonly<Record<string, string>> = {
	'Golden Nugget': '.......39.....1..5..3.5.8....8.9...6.7...2...1..4.......9.8..5..2....6..4..7.....',
	'AI Escargot': '1....7.9..3..2...8..96..5....53..9...1..8...26....4...3......1..4......7..7...3..',
	'Easter Monster': '1.......2.9.4...5...6...7...5.9.3.......7.......85..4.7.....6...3...9.8...2.....1',
	'21 clues': '8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..',
	'against brute force': '..............3.85..1.2.......5.7.....4...1...9.......5......73..2.1........4...9',
	'17 clues': '.......1.4.........2...........5.4.7..8...3....1.9....3..4..2...5.1........8.6...',
	'no solution, late': '.....5.8....6.1.43..........1.5........1.6...3.......553.....61........4.........',
	'no clues': '.'.repeat(81),
};

const microseconds = (value: number) => `${value.toFixed(1)} µs`;

async function main(args: string[]): Promise<void> {
	const rounds = integerOption('ROUNDS', args[0] ?? '200', 1, 1_000_000);
	const grids = linesOf('sudoku-1000.txt');
	const solutions = linesOf('sudoku-1000.solutions.txt');
	if (!grids.every((grid, index) => solve(grid) === solutions[index])) throw new Error('the solver is wrong');
	const times = measureData(grids, rounds);
	process.stdout.write(`${grids.length} grids of the data, ${rounds} rounds, CPU time per grid:\n`);
	process.stdout.write(`  least ${microseconds(Math.min(...times))}, median ${microseconds(median(times))}\n\n`);
	process.stdout.write('Known hard grids, least and median wall time of 100:\n');
	for (const [name, dotted] of Object.entries(hard)) {
		const grid = dotted.replaceAll('.', '0');
		const all = Array.from({length: 100}, () => wallTime(grid));
		const found = solve(grid) === undefined ? 'no solution' : 'solved';
		process.stdout.write(
			`  ${name.padEnd(28)} ${microseconds(Math.min(...all)).padStart(11)} ${microseconds(median(all)).padStart(11)}  ${found}\n`,
		);
	}

	process.stdout.write('\nRandom grids, 20,000 of each, wall time (the worst: least of 5 tries):\n');
	for (const [name, make] of Object.entries(kinds)) measureRandom(name, make, solutions);
	return Promise.resolve();
}

function wallTime(grid: string): number {
	const start = performance.now();
	solve(grid);
	return (performance.now() - start) * 1000;
}

function measureRandom(name: string, make: Kind, solutions: readonly string[]): void {
	const random = randomNumbers(1);
	const all = Array.from({length: 20_000}, () => {
		const grid = make(random, solutions[Math.floor(random() * solutions.length)] as string);
		return {grid, time: wallTime(grid)};
	});
	// What the machine did meanwhile does not happen five times.
	const worst = all
		.toSorted((a, b) => b.time - a.time)
		.slice(0, 20)
		.map(({grid}) => Math.min(...Array.from({length: 5}, () => wallTime(grid))));
	const middle = median(all.map(({time}) => time));
	process.stdout.write(
		`  ${name.padEnd(28)} median ${microseconds(middle).padStart(9)}, worst ${microseconds(Math.max(...worst))}\n`,
	);
}

await runMain(main);
