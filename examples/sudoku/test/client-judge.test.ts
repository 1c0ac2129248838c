import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {readGrids, readSolutions} from '../client/grid-file.js';
import {Judge} from '../client/judge.js';

const grid = '010620300020004850000010060379000000004000005000000030800400000000050200400130590';
const board = '518627349627394851943815762379581426184263975256749138895472613731956284462138597';
/** Digits 1 and 2 change places: a board, but not of `grid`. */
const otherBoard = board.replaceAll('1', 'x').replaceAll('2', '1').replaceAll('x', '2');
const empty = '0'.repeat(81);
const file = {path: 'f', grids: [grid, empty], lines: [3, 5]};
let folder: string;

test.before(async () => {
	folder = await mkdtemp(join(tmpdir(), 'cotcp-sudoku-'));
});

test.after.always(async () => rm(folder, {recursive: true, force: true}));

function judgeOf(expected?: readonly string[]): {judge: Judge; faults: string[]} {
	const faults: string[] = [];
	return {judge: new Judge(file, expected, fault => faults.push(fault)), faults};
}

test('any solution is right, now and again', t => {
	const {judge, faults} = judgeOf();
	t.deepEqual(
		[judge.judge(0, board), judge.judge(0, board), judge.judge(1, board), judge.judge(1, otherBoard)],
		['ok', 'ok', 'ok', 'ok'],
	);
	t.deepEqual(faults, []);
});

test('an answer that was right for one grid is not for another', t => {
	const {judge, faults} = judgeOf();
	t.is(judge.judge(1, otherBoard), 'ok');
	t.is(judge.judge(0, otherBoard), 'wrong');
	t.regex(faults[0] ?? '', /^wrong answer to line 3 of f: the 1 given at row 1, column 2 has become 2: "/);
});

test('what is neither board nor answer is wrong', t => {
	const {judge, faults} = judgeOf();
	t.is(judge.judge(0, 'NoSolution '), 'wrong');
	t.is(judge.judge(0, ''), 'wrong');
	t.is(faults[1], 'wrong answer to line 3 of f: it has 0 cells, not 81: ""');
});

test('an overloaded server is not a wrong one', t => {
	t.is(judgeOf().judge.judge(0, 'ServerTooBusy'), 'tooBusy');
	t.is(judgeOf([board, board]).judge.judge(0, 'ServerTooBusy'), 'tooBusy');
});

test('NoSolution is refuted by a solution, however often it was said', t => {
	const {judge, faults} = judgeOf();
	t.is(judge.judge(0, 'NoSolution'), 'noSolution');
	t.is(judge.judge(0, 'NoSolution'), 'noSolution');
	t.is(judge.judge(1, 'NoSolution'), 'noSolution');
	t.is(
		judge.countRefuted(text => (text === grid ? board : undefined)),
		2,
	);
	t.deepEqual(faults, [`wrong answer to line 3 of f: NoSolution, but there is one: ${board}`]);
});

test('NoSolution is not refuted by a solver that is wrong itself', t => {
	const {judge} = judgeOf();
	judge.judge(0, 'NoSolution');
	t.is(
		judge.countRefuted(() => otherBoard),
		0,
	);
});

test('with the right answers only these are right', t => {
	const {judge, faults} = judgeOf([board, board]);
	t.deepEqual(
		[judge.judge(0, board), judge.judge(1, board), judge.judge(1, otherBoard), judge.judge(1, 'NoSolution')],
		['ok', 'ok', 'wrong', 'wrong'],
	);
	t.regex(faults[0] ?? '', /^wrong answer to line 5 of f: a solution, but not the one in the solutions file: /);
	t.regex(faults[1] ?? '', /^wrong answer to line 5 of f: the solutions file has one: "NoSolution"$/);
	t.is(
		judge.countRefuted(() => board),
		0,
	);
});

test('NoSolution may be the right answer', t => {
	const {judge, faults} = judgeOf(['NoSolution', board]);
	t.is(judge.judge(0, 'NoSolution'), 'noSolution');
	t.is(judge.judge(0, board), 'wrong');
	t.regex(faults[0] ?? '', /: a solution, but the solutions file says NoSolution: /);
});

async function write(name: string, text: string): Promise<string> {
	const path = join(folder, name);
	await writeFile(path, text);
	return path;
}

test('a file has a grid a line; empty lines and comments do not count', async t => {
	const path = await write('grids', `# two\n\n${grid.replaceAll('0', '.')}\r\n\n${empty}`);
	const grids = await readGrids(path);
	t.deepEqual(grids, {path, grids: [grid, empty], lines: [3, 5]});
	const solutions = await write('solutions', `${board}\r\nNoSolution\n`);
	t.deepEqual(await readSolutions(solutions, grids), [board, 'NoSolution']);
});

test('a file with a wrong line is told by file and line', async t => {
	const path = await write('short', `${grid}\n${grid.slice(1)}\n`);
	await t.throwsAsync(readGrids(path), {message: `${path}, line 2: a grid has 81 cells, not 80`});
	const none = await write('none', '# nothing\n');
	await t.throwsAsync(readGrids(none), {message: `${none} has no grid in it`});
	await t.throwsAsync(readGrids(join(folder, 'missing')), {code: 'ENOENT'});
});

test('solutions have to be as many as the grids, and boards', async t => {
	const grids = {path: 'f', grids: [grid], lines: [1]};
	const two = await write('two', `${board}\n${board}\n`);
	await t.throwsAsync(readSolutions(two, grids), {message: `${two} has 2 solutions, but f has 1 grids`});
	const zero = await write('zero', `${grid}\n`);
	await t.throwsAsync(readSolutions(zero, grids), {
		message: `${zero}, line 1: a solution has 81 digits from 1 to 9, or is NoSolution`,
	});
});
