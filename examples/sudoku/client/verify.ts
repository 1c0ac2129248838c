import {cells} from './grid.js';

/** Rows, columns and boxes have so many cells each. */
const side = 9;
const boxSide = 3;
const allDigits = 0b11_1111_1110;
const codeOfZero = 48;

/** The 27 units with their cells. */
const units: ReadonlyArray<{readonly name: string; readonly cells: readonly number[]}> = Array.from(
	{length: side},
	(_, unit) => {
		const inUnit = (cellAt: (place: number) => number) =>
			Array.from({length: side}, (_place, place) => cellAt(place));
		const top = unit - (unit % boxSide);
		const left = (unit % boxSide) * boxSide;
		return [
			{name: `row ${unit + 1}`, cells: inUnit(place => unit * side + place)},
			{name: `column ${unit + 1}`, cells: inUnit(place => place * side + unit)},
			{
				name: `box ${unit + 1}`,
				cells: inUnit(place => (top + Math.floor(place / boxSide)) * side + left + (place % boxSide)),
			},
		];
	},
).flat();

/** Why `board` is no solution of `grid`; undefined: it is one. */
export function faultOf(board: string, grid: string): string | undefined {
	if (board.length !== cells) return `it has ${board.length} cells, not ${cells}`;
	const noDigit = /[^1-9]/u.exec(board);
	if (noDigit !== null) return `'${noDigit[0]}' stands at ${placeOf(noDigit.index)}`;
	for (let cell = 0; cell < cells; cell++) {
		if (grid[cell] !== '0' && grid[cell] !== board[cell])
			return `the ${grid[cell] ?? ''} given at ${placeOf(cell)} has become ${board[cell] ?? ''}`;
	}

	return units.map(unit => repetitionIn(board, unit)).find(fault => fault !== undefined);
}

function repetitionIn(board: string, unit: (typeof units)[number]): string | undefined {
	let seen = 0;
	for (const cell of unit.cells) {
		const digit = board.charCodeAt(cell) - codeOfZero;
		if ((seen & (1 << digit)) !== 0) return `${unit.name} has ${digit} twice`;
		seen |= 1 << digit;
	}

	return seen === allDigits ? undefined : `${unit.name} is not full`;
}

function placeOf(cell: number): string {
	return `row ${Math.floor(cell / side) + 1}, column ${(cell % side) + 1}`;
}
