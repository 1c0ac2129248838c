import {search} from './search.js';
import {allDigits, propagate} from './propagate.js';
import {noSolution} from './quick-search.js';
import {readGrid} from './read-grid.js';
import {boards, openCells} from './state.js';

const one = 49;
const text = Buffer.alloc(81);

function write(board: number): string {
	for (let at = 0; at < openCells; at++) {
		const first = (at % 3) * 27 + 31;
		const character = one + Math.floor(at / 3);
		for (let rest = boards[board + at] as number; rest !== 0; rest &= rest - 1)
			text[first - Math.clz32(rest & -rest)] = character;
	}

	return text.toString('latin1');
}

/** 81 digits, row by row, 0 = empty: a full board that keeps the clues. undefined: there is none, or that is no grid. */
export function solve(grid: string): string | undefined {
	if (!readGrid(grid) || !propagate(0, allDigits)) return undefined;
	const found = search(0);
	return found === noSolution ? undefined : write(found);
}
