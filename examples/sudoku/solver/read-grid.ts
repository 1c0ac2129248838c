import {fix} from './propagate.js';
import {boards, openCells} from './state.js';
import {allCells} from './tables.js';

const cellCount = 81;
const zero = 48;
/** The clues of each digit in each band. */
const clues = new Int32Array(openCells);

/** Puts the clues on the first board; false: it is no grid. */
export function readGrid(grid: string): boolean {
	if (grid.length !== cellCount) return false;
	clues.fill(0);
	boards.fill(allCells, 0, openCells + 3);
	for (let band = 0, cell = 0; band < 3; band++) {
		let filled = 0;
		for (let bit = 1; bit <= allCells; bit <<= 1) {
			const digit = grid.charCodeAt(cell++) - zero;
			if (digit === 0) continue;
			if (digit < 0 || digit > 9) return false;
			const at = 3 * (digit - 1) + band;
			clues[at] = (clues[at] as number) | bit;
			filled |= bit;
		}

		boards[openCells + band] = allCells & ~filled;
		for (let at = band; at < openCells; at += 3) boards[at] = allCells & ~filled;
	}

	// A clue that another one rules out is gone afterwards, and its row has no place for the digit.
	for (let at = 0; at < openCells; at++) boards[at] = (boards[at] as number) | (clues[at] as number);
	for (let at = 0; at < openCells; at++) fix(0, Math.floor(at / 3), at % 3, clues[at] as number);
	return true;
}
