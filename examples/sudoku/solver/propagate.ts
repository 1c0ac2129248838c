import * as state from './state.js';
import * as tables from './tables.js';

// V8 compiles a module's own constants into the code; imported ones it loads each time, which makes this several times slower.
const {boards, openCells} = state;
const {allCells, keptInBand, keptInOthers, threeRows, triadsOfRow, usableCells, usableTriads} = tables;

/** All nine digits have changed. */
export const allDigits = 0b1_1111_1111;

/** The cells of those rows that have just one. */
function lonelyCells(cells: number): number {
	const first = cells & 0x1_ff;
	const second = cells & 0x3_fe_00;
	const third = cells & 0x7_fc_00_00;
	return (
		((first & (first - 1)) === 0 ? first : 0) |
		((second & (second - 1)) === 0 ? second : 0) |
		((third & (third - 1)) === 0 ? third : 0)
	);
}

function triadsOfBand(cells: number): number {
	return (
		(triadsOfRow[cells & 511] as number) |
		((triadsOfRow[(cells >> 9) & 511] as number) << 3) |
		((triadsOfRow[cells >> 18] as number) << 6)
	);
}

/** The claimed cells, those of each band, are the digit's: no other digit's any more. The digits that this changed. */
function claim(board: number, digit: number, top: number, middle: number, bottom: number): number {
	const open = board + openCells;
	boards[open] = (boards[open] as number) & ~top;
	boards[open + 1] = (boards[open + 1] as number) & ~middle;
	boards[open + 2] = (boards[open + 2] as number) & ~bottom;
	let changed = 0;
	for (let other = 0, at = board; other < 9; other++, at += 3) {
		if (other === digit) continue;
		const inTop = boards[at] as number;
		const inMiddle = boards[at + 1] as number;
		const inBottom = boards[at + 2] as number;
		if (((inTop & top) | (inMiddle & middle) | (inBottom & bottom)) === 0) continue;
		boards[at] = inTop & ~top;
		boards[at + 1] = inMiddle & ~middle;
		boards[at + 2] = inBottom & ~bottom;
		changed |= 1 << other;
	}

	return changed;
}

/**
 * Takes out the candidates of a digit that none of the ways to fill its triads needs, in bands and in stacks, until there
 * are none. Where a row, column or box has one candidate left, all that it meets have one left afterwards. false: no way.
 */
function narrow(board: number, digit: number): number {
	const at = board + 3 * digit;
	let top = boards[at] as number;
	let middle = boards[at + 1] as number;
	let bottom = boards[at + 2] as number;
	for (;;) {
		top &= usableCells[triadsOfBand(top)] as number;
		middle &= usableCells[triadsOfBand(middle)] as number;
		bottom &= usableCells[triadsOfBand(bottom)] as number;
		if (top === 0 || middle === 0 || bottom === 0) return -1;
		const topColumns = top | (top >> 9) | (top >> 18);
		const middleColumns = middle | (middle >> 9) | (middle >> 18);
		const bottomColumns = bottom | (bottom >> 9) | (bottom >> 18);
		const left = (topColumns & 7) | ((middleColumns & 7) << 3) | ((bottomColumns & 7) << 6);
		const centre = ((topColumns >> 3) & 7) | (middleColumns & 0o70) | ((bottomColumns & 0o70) << 3);
		const right = ((topColumns >> 6) & 7) | ((middleColumns >> 3) & 0o70) | (bottomColumns & 0o700);
		const leftUsable = usableTriads[left] as number;
		const centreUsable = usableTriads[centre] as number;
		const rightUsable = usableTriads[right] as number;
		if (leftUsable === left && centreUsable === centre && rightUsable === right) break;
		if (leftUsable === 0 || centreUsable === 0 || rightUsable === 0) return -1;
		top &= ((leftUsable & 7) | ((centreUsable & 7) << 3) | ((rightUsable & 7) << 6)) * threeRows;
		middle &= (((leftUsable >> 3) & 7) | (centreUsable & 0o70) | ((rightUsable & 0o70) << 3)) * threeRows;
		bottom &= ((leftUsable >> 6) | ((centreUsable >> 3) & 0o70) | (rightUsable & 0o700)) * threeRows;
	}

	boards[at] = top;
	boards[at + 1] = middle;
	boards[at + 2] = bottom;
	const open = board + openCells;
	const inTop = lonelyCells(top) & (boards[open] as number);
	const inMiddle = lonelyCells(middle) & (boards[open + 1] as number);
	const inBottom = lonelyCells(bottom) & (boards[open + 2] as number);
	return (inTop | inMiddle | inBottom) === 0 ? 0 : claim(board, digit, inTop, inMiddle, inBottom);
}

/** The digit stands in these cells of the band, of which it is the only candidate. */
export function fix(board: number, digit: number, band: number, cells: number): void {
	const first = board + 3 * digit;
	for (let rest = cells; rest !== 0; rest &= rest - 1) {
		const cell = 31 - Math.clz32(rest & -rest);
		const others = keptInOthers[cell] as number;
		for (let at = 0; at < 3; at++)
			boards[first + at] = (boards[first + at] as number) & (at === band ? (keptInBand[cell] as number) : others);
	}
}

/** Open cells with one candidate get it; the digits that this changed, or -1: a cell has no candidate. */
function fixSingles(board: number, band: number): number {
	const open = boards[board + openCells + band] as number;
	if (open === 0) return 0;
	let once = 0;
	let twice = 0;
	for (let at = board + band, end = board + openCells; at < end; at += 3) {
		const cells = boards[at] as number;
		twice |= once & cells;
		once |= cells;
	}

	if (once !== allCells) return -1;
	const singles = open & ~twice;
	if (singles === 0) return 0;
	boards[board + openCells + band] = open & ~singles;
	let changed = 0;
	for (let digit = 0; digit < 9; digit++) {
		const cells = (boards[board + 3 * digit + band] as number) & singles;
		if (cells === 0) continue;
		fix(board, digit, band, cells);
		changed |= 1 << digit;
	}

	return changed;
}

/** Draws the conclusions from what changed at these digits, until there are none. false: the board has no solution. */
export function propagate(board: number, digits: number): boolean {
	let changed = digits;
	while (changed !== 0) {
		while (changed !== 0) {
			const digit = 31 - Math.clz32(changed);
			changed &= ~(1 << digit);
			const found = narrow(board, digit);
			if (found < 0) return false;
			changed |= found;
		}

		for (let band = 0; band < 3; band++) {
			const found = fixSingles(board, band);
			if (found < 0) return false;
			changed |= found;
		}
	}

	return true;
}
