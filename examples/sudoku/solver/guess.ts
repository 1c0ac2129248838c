import {fix, propagate} from './propagate.js';
import * as state from './state.js';

// As in propagate.ts: constants of this module's own.
const {boards, boardSize, openCells} = state;

/** The next board: this one with the digit in the cell, and what follows from that. false: that cannot be. */
export function tryDigit(board: number, digit: number, band: number, cell: number): boolean {
	const next = board + boardSize;
	for (let at = 0; at < boardSize; at++) boards[next + at] = boards[board + at] as number;
	let changed = 1 << digit;
	for (let other = 0, at = next + band; other < 9; other++, at += 3) {
		const cells = boards[at] as number;
		if (other === digit || (cells & cell) === 0) continue;
		boards[at] = cells & ~cell;
		changed |= 1 << other;
	}

	boards[next + openCells + band] = (boards[next + openCells + band] as number) & ~cell;
	fix(next, digit, band, cell);
	return propagate(next, changed);
}

/** Takes the digit out of the cell, and draws the conclusions. false: the board has no solution. */
export function ruleOut(board: number, digit: number, band: number, cell: number): boolean {
	const at = board + 3 * digit + band;
	boards[at] = (boards[at] as number) & ~cell;
	return propagate(board, 1 << digit);
}
