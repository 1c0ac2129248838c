import {ruleOut, tryDigit} from './guess.js';
import {noSolution, searchQuickly, tooManyMistakes} from './quick-search.js';
import {boards, boardSize, openCells} from './state.js';

interface Choice {
	readonly band: number;
	readonly cell: number;
}

function isOpen(board: number, band: number, cell: number): boolean {
	return ((boards[board + openCells + band] as number) & cell) !== 0;
}

function hasCandidate(board: number, digit: number, band: number, cell: number): boolean {
	return ((boards[board + 3 * digit + band] as number) & cell) !== 0;
}

function countCandidates(board: number): number {
	let count = 0;
	for (let at = board; at < board + openCells; at++)
		for (let rest = boards[at] as number; rest !== 0; rest &= rest - 1) count++;
	return count;
}

/**
 * Tries every candidate of an open cell, and rules out those that cannot be. How many candidates the others leave on their
 * boards, in all; noSolution: the cell has none left.
 */
function weigh(board: number, {band, cell}: Choice): number {
	let weight = 0;
	for (let digit = 0; digit < 9; digit++) {
		if (!hasCandidate(board, digit, band, cell)) continue;
		if (tryDigit(board, digit, band, cell)) weight += countCandidates(board + boardSize);
		else if (!ruleOut(board, digit, band, cell)) return noSolution;
	}

	return weight;
}

/** The open cell whose guesses leave least; undefined: none is open; noSolution: one of them has no candidate left. */
function chooseCell(board: number): Choice | typeof noSolution | undefined {
	for (;;) {
		const before = countCandidates(board);
		let best: Choice | undefined;
		let least = Infinity;
		for (let band = 0; band < 3; band++) {
			for (let rest = boards[board + openCells + band] as number; rest !== 0; rest &= rest - 1) {
				const choice = {band, cell: rest & -rest};
				if (!isOpen(board, band, choice.cell)) continue;
				const weight = weigh(board, choice);
				if (weight === noSolution) return noSolution;
				if (weight >= least) continue;
				best = choice;
				least = weight;
			}
		}

		// What was ruled out late may be the end of what was tried early.
		if (countCandidates(board) === before) return best;
	}
}

/**
 * Every candidate is tried before one is chosen to be guessed at. That takes a hundred times as long for each guess, and
 * needs a handful of guesses where a quick search needs millions.
 */
function searchCarefully(board: number): number {
	for (;;) {
		const choice = chooseCell(board);
		if (choice === undefined) return board;
		if (choice === noSolution) return noSolution;
		const {band, cell} = choice;
		for (let digit = 0; isOpen(board, band, cell); digit++) {
			if (!hasCandidate(board, digit, band, cell)) continue;
			if (tryDigit(board, digit, band, cell)) {
				const found = search(board + boardSize);
				if (found !== noSolution) return found;
			}

			if (!ruleOut(board, digit, band, cell)) return noSolution;
		}
	}
}

/** The place of a full board that has grown from this one, in bounded time; `noSolution`: there is none. */
export function search(board: number): number {
	const found = searchQuickly(board);
	// What has been ruled out on this board stays ruled out.
	return found === tooManyMistakes ? searchCarefully(board) : found;
}
