import {ruleOut, tryDigit} from './guess.js';
import * as state from './state.js';

// As in propagate.ts: constants of this module's own.
const {boards, boardSize, openCells} = state;

/** Of a search: no board. */
export const noSolution = -1;
/** Of a quick search: it would take too long. */
export const tooManyMistakes = -2;
/** So many guesses may turn out wrong. */
const patience = 150;

let mistakes = 0;
/** The cell that `chooseCell` has chosen: its bit in the band. */
let chosenCell = 0;

/** Chooses an open cell with few candidates: two, if there is such a cell. The band; -1: no cell is open. */
function chooseCell(board: number): number {
	let chosenBand = -1;
	let fewest = 5;
	for (let band = 0; band < 3 && fewest > 2; band++) {
		const open = boards[board + openCells + band] as number;
		if (open === 0) continue;
		let once = 0;
		let twice = 0;
		let thrice = 0;
		let often = 0;
		for (let at = board + band, end = board + openCells; at < end; at += 3) {
			const cells = boards[at] as number;
			often |= thrice & cells;
			thrice |= twice & cells;
			twice |= once & cells;
			once |= cells;
		}

		const withTwo = open & ~thrice;
		const withThree = open & ~often;
		const count = withTwo !== 0 ? 2 : withThree !== 0 ? 3 : 4;
		if (count >= fewest) continue;
		const cells = withTwo !== 0 ? withTwo : withThree !== 0 ? withThree : open;
		fewest = count;
		chosenBand = band;
		chosenCell = cells & -cells;
	}

	return chosenBand;
}

/** The place of a full board that has grown from this one. Depth first, by the first cell with two candidates. */
export function searchQuickly(board: number): number {
	mistakes = 0;
	return search(board);
}

function search(board: number): number {
	for (;;) {
		const band = chooseCell(board);
		if (band < 0) return board;
		const cell = chosenCell;
		let digit = 0;
		while (((boards[board + 3 * digit + band] as number) & cell) === 0) digit++;
		if (tryDigit(board, digit, band, cell)) {
			const found = search(board + boardSize);
			if (found !== noSolution) return found;
		}

		if (++mistakes > patience) return tooManyMistakes;
		if (!ruleOut(board, digit, band, cell)) return noSolution;
	}
}
