import test from 'ava';
import fc from 'fast-check';
import {isSoak} from '../../../test/support/scale.js';
import {solve} from '../solver/solver.js';
import {grids, isSolutionOf, solutions} from './support.js';

const fromDots = (grid: string) => grid.replaceAll('.', '0');

test('the solver finds the one solution of all 1,000 grids', t => {
	t.is(grids.length, 1000);
	t.deepEqual(
		grids.map(grid => solve(grid)),
		[...solutions],
	);
});

/** Known for being hard, for people or for programs. */
const hard = {
	'Golden Nugget': '.......39.....1..5..3.5.8....8.9...6.7...2...1..4.......9.8..5..2....6..4..7.....',
	'AI Escargot': '1....7.9..3..2...8..96..5....53..9...1..8...26....4...3......1..4......7..7...3..',
	'Easter Monster': '1.......2.9.4...5...6...7...5.9.3.......7.......85..4.7.....6...3...9.8...2.....1',
	'one with 21 clues': '8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..',
	'one against brute force': '..............3.85..1.2.......5.7.....4...1...9.......5......73..2.1........4...9',
	'one with 17 clues': '000000010400000000020000000000050407008000300001090000300400200050100000000806000',
	'another one with 17 clues': '000000012000035000000600070700000300000400800100000000000120000080000040050000600',
};

for (const [name, grid] of Object.entries(hard)) {
	test(`the solver solves a hard grid: ${name}`, t => {
		t.true(isSolutionOf(solve(fromDots(grid)), fromDots(grid)));
	});
}

/** No two clues contradict each other directly. */
const unsolvable = {
	'a row without a place for a digit': '12345678.........9' + '.'.repeat(63),
	'a cell without a digit': `...123....78.......9.......4........5........6........${'.'.repeat(27)}`,
	'a column of a box that three digits need, for which there are two cells':
		'.....5.8....6.1.43..........1.5........1.6...3.......553.....61........4.........',
	'a box without a place for a digit':
		'..9.287..8.6..4..5..3.....46.........2.71345.........23.....5..9..4..8.7..125.3..',
	'a column without a place for a digit':
		'9..1....4.14.3.8....3....9....7.8..18....3..........3..21....7...9.4.5..5...16..3',
};

for (const [name, grid] of Object.entries(unsolvable)) {
	test(`the solver proves that there is no solution: ${name}`, t => {
		t.is(grid.length, 81);
		t.is(solve(fromDots(grid)), undefined);
	});
}

test('a grid without clues gets some full board, and a full board gets itself', t => {
	const empty = '0'.repeat(81);
	t.true(isSolutionOf(solve(empty), empty));
	for (const solution of solutions.slice(0, 20)) t.is(solve(solution), solution);
});

test('a full board with two digits swapped has no solution', t => {
	for (const solution of solutions.slice(0, 100)) {
		const [first, ...rest] = solution;
		const at = 1 + rest.findIndex(digit => digit !== first);
		t.is(solve(`${solution[at] ?? ''}${solution.slice(1, at)}${first ?? ''}${solution.slice(at + 1)}`), undefined);
	}
});

test('what is no grid has no solution', t => {
	const grid = grids[0] as string;
	const wrong = [
		'',
		grid.slice(1),
		`${grid}0`,
		...['x', '.', '/', ':', ' ', '٣', '\u0130'].map(text => text + grid.slice(1)),
	];
	for (const text of wrong) t.is(solve(text), undefined, text);
});

test('one call leaves nothing behind for the next', t => {
	const escargot = fromDots(hard['AI Escargot']);
	const before = solve(escargot);
	solve('9'.repeat(81));
	solve(fromDots(unsolvable['a box without a place for a digit']));
	solve(`${escargot.slice(0, 80)}x`);
	t.is(solve(escargot), before);
});

const numRuns = isSoak ? 20_000 : 1000;

/** A full board: one of the data with digits, bands, stacks, rows and columns in another order. */
const boards = fc
	.record({
		board: fc.constantFrom(...solutions),
		digits: fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8, 9], {minLength: 9}),
		rows: fc.tuple(...[0, 3, 6].map(first => fc.shuffledSubarray([first, first + 1, first + 2], {minLength: 3}))),
		bands: fc.shuffledSubarray([0, 1, 2], {minLength: 3}),
		isTransposed: fc.boolean(),
	})
	.map(({board, digits, rows, bands, isTransposed}) => {
		const order = bands.flatMap(band => rows[band] as number[]);
		return Array.from({length: 81}, (_, cell) => {
			const row = order[Math.floor(cell / 9)] as number;
			const column = cell % 9;
			return digits[Number(board[isTransposed ? column * 9 + row : row * 9 + column]) - 1];
		}).join('');
	});

/** Cells that are emptied. */
const holes = fc.uniqueArray(fc.integer({min: 0, max: 80}), {maxLength: 81});
const without = (board: string, cells: number[]) =>
	Array.from(board, (digit, cell) => (cells.includes(cell) ? '0' : digit)).join('');

test('a board with any cells emptied is filled with a board that keeps the others', t => {
	fc.assert(
		fc.property(boards, holes, (board, cells) => {
			const grid = without(board, cells);
			return isSolutionOf(solve(grid), grid);
		}),
		{numRuns},
	);
	t.pass();
});

test('two equal clues in a row, column or box have no solution, whatever else there is', t => {
	fc.assert(
		fc.property(
			boards,
			holes,
			fc.nat(80),
			fc.constantFrom('row', 'column', 'box'),
			fc.integer({min: 1, max: 8}),
			(board, cells, cell, unit, step) => {
				const row = Math.floor(cell / 9);
				const column = cell % 9;
				const within = (Math.floor(row % 3) * 3 + (column % 3) + step) % 9;
				const other =
					unit === 'row'
						? row * 9 + ((column + step) % 9)
						: unit === 'column'
							? ((row + step) % 9) * 9 + column
							: (row - (row % 3) + Math.floor(within / 3)) * 9 + column - (column % 3) + (within % 3);
				const grid = Array.from(without(board, cells));
				grid[cell] = board[cell] as string;
				grid[other] = board[cell] as string;
				return solve(grid.join('')) === undefined;
			},
		),
		{numRuns},
	);
	t.pass();
});

test('where the solution is the only one, a further clue that differs from it leaves none', t => {
	fc.assert(
		fc.property(fc.nat(999), fc.nat(80), fc.integer({min: 1, max: 9}), (index, cell, digit) => {
			const grid = grids[index] as string;
			fc.pre(grid[cell] === '0');
			const solution = solutions[index] as string;
			const changed = grid.slice(0, cell) + String(digit) + grid.slice(cell + 1);
			return solve(changed) === (solution[cell] === String(digit) ? solution : undefined);
		}),
		{numRuns},
	);
	t.pass();
});

test('any clues at all end in a board that keeps them, or in none', t => {
	const clues = fc.array(fc.tuple(fc.nat(80), fc.integer({min: 1, max: 9})), {maxLength: 30});
	fc.assert(
		fc.property(clues, pairs => {
			const cells = Array.from({length: 81}, () => '0');
			for (const [cell, digit] of pairs) cells[cell] = String(digit);
			const grid = cells.join('');
			const found = solve(grid);
			return found === undefined || isSolutionOf(found, grid);
		}),
		{numRuns},
	);
	t.pass();
});
