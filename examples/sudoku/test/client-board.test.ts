import {readFile} from 'node:fs/promises';
import test from 'ava';
import {colourStyle, drawBoard, plainStyle} from '../client/board.js';
import {parseGrid} from '../client/grid.js';
import {faultOf} from '../client/verify.js';

const grid = '010620300020004850000010060379000000004000005000000030800400000000050200400130590';
const empty = '0'.repeat(81);
const board = '518627349627394851943815762379581426184263975256749138895472613731956284462138597';

test('a grid may have dots, spaces and line ends', t => {
	const rows = grid.replaceAll('0', '.').match(/.{9}/gu) ?? [];
	t.is(parseGrid(`\n${rows.join(' \r\n')}\n`), grid);
	t.is(parseGrid(grid), grid);
});

test('a grid may be drawn', t => {
	const drawn = (grid.match(/.{9}/gu) ?? []).map(row => `|${(row.match(/.../gu) ?? []).join('|')}|`);
	t.is(parseGrid(['+---+---+---+', ...drawn, '+---+---+---+'].join('\n')), grid);
});

test('what is no grid is told so', t => {
	t.throws(() => parseGrid(grid.slice(1)), {message: 'a grid has 81 cells, not 80'});
	t.throws(() => parseGrid(`${grid}0`), {message: 'a grid has 81 cells, not 82'});
	t.throws(() => parseGrid(''), {message: 'a grid has 81 cells, not 0'});
	t.throws(() => parseGrid(`x${grid.slice(1)}`), {message: "a grid has digits and dots, not 'x'"});
});

test('a solution has no fault', t => {
	t.is(faultOf(board, grid), undefined);
	t.is(faultOf(board, empty), undefined);
});

test('every one of the supplied solutions is one', async t => {
	const lines = async (name: string) =>
		(await readFile(new URL(`../data/${name}`, import.meta.url), 'utf8')).trim().split('\n');
	const [grids, boards] = [await lines('sudoku-1000.txt'), await lines('sudoku-1000.solutions.txt')];
	t.is(grids.length, 1000);
	t.deepEqual(
		grids.map((text, index) => faultOf(boards[index] ?? '', text)).filter(fault => fault !== undefined),
		[],
	);
});

/** `board` with other digits: [cell, digit] each. */
function changed(...changes: Array<readonly [number, string]>): string {
	const cells = Array.from(board);
	for (const [cell, digit] of changes) cells[cell] = digit;
	return cells.join('');
}

const hasFault = test.macro((t, answer: string, fault: string, of: string = empty) => {
	t.is(faultOf(answer, of), fault);
});

test('too few cells', hasFault, board.slice(1), 'it has 80 cells, not 81');
test('too many cells', hasFault, `${board}1`, 'it has 82 cells, not 81');
test('an empty cell', hasFault, changed([80, '0']), "'0' stands at row 9, column 9");
test('a letter', hasFault, changed([9, 'x']), "'x' stands at row 2, column 1");
test('a clue that is gone', hasFault, changed([1, '2']), 'the 1 given at row 1, column 2 has become 2', grid);
test('a row with a digit twice', hasFault, changed([0, '1']), 'row 1 has 1 twice');
// In the first two rows of a column the digits of one row change places with those of another.
test('a column with a digit twice', hasFault, board.slice(9, 18) + board.slice(9), 'column 1 has 6 twice');
test(
	'boxes with a digit twice',
	hasFault,
	// Each row is the one above moved by one: rows and columns are right, boxes are not.
	Array.from({length: 9}, (_, row) => '123456789'.slice(row) + '123456789'.slice(0, row)).join(''),
	'box 1 has 2 twice',
);

test('any single wrong digit is noticed', t => {
	for (let cell = 0; cell < 81; cell++) {
		for (const digit of '0123456789') {
			if (digit !== board[cell]) t.not(faultOf(changed([cell, digit]), empty), undefined);
		}
	}
});

test('without colours given digits stand in brackets', t => {
	const lines = drawBoard(board, grid, plainStyle).split('\n');
	t.is(lines.length, 9 + 4 + 2);
	t.is(lines[0], '┌─────────┬─────────┬─────────┐');
	t.is(lines[1], '│ 5 [1] 8 │[6][2] 7 │[3] 4  9 │');
	t.is(lines[4], '├─────────┼─────────┼─────────┤');
	t.is(lines[11], '│[4] 6  2 │[1][3] 8 │[5][9] 7 │');
	t.is(lines[12], '└─────────┴─────────┴─────────┘');
	t.deepEqual(lines.slice(13), ['[given], found', '']);
});

test('with colours given digits are bold and found ones green', t => {
	const drawn = drawBoard(board, grid, colourStyle);
	t.true(drawn.includes('│\u001B[32m 5 \u001B[0m\u001B[1m 1 \u001B[0m\u001B[32m 8 \u001B[0m│'));
	t.is(drawn.split('\u001B[1m').length - 1, Array.from(grid).filter(digit => digit !== '0').length + 1);
});
