/**
 * What the solver looks up. A digit's candidates in a band, three rows of the board, are 27 bits: row, then column. Three
 * cells in a line inside a box are a triad, and the nine triads of a band, or the nine of a stack, are 9 bits, three for
 * each box or column of boxes. The digit stands in exactly three of the nine, one for each line and each box: one of six ways.
 */

export const allCells = (1 << 27) - 1;
/** Times this, nine columns become the columns of all three rows. */
export const threeRows = (1 << 18) | (1 << 9) | 1;
const rowOfCells = 0b1_1111_1111;

const six = [
	[0, 1, 2],
	[0, 2, 1],
	[1, 0, 2],
	[1, 2, 0],
	[2, 0, 1],
	[2, 1, 0],
].map(boxes => boxes.reduce((bits, box, line) => bits | (1 << (3 * line + box)), 0));

/** Which of three triads a row of nine cells has a cell in. */
export const triadsOfRow = Uint8Array.from({length: 512}, (_, row) =>
	[0, 1, 2].reduce((bits, box) => bits | (((row >> (3 * box)) & 7) === 0 ? 0 : 1 << box), 0),
);

/** Of nine triads with candidates, those that one of the six ways uses; 0: there is no way left. */
export const usableTriads = Uint16Array.from({length: 512}, (_, triads) =>
	six.reduce((bits, way) => ((way & triads) === way ? bits | way : bits), 0),
);

/** Their cells in a band. */
export const usableCells = Int32Array.from({length: 512}, (_, triads) => {
	const usable = usableTriads[triads] as number;
	let cells = 0;
	for (let triad = 0; triad < 9; triad++) if (usable & (1 << triad)) cells |= 7 << (3 * triad);
	return cells;
});

/** For a digit in a cell of a band: the cells of the band that the digit may still have. */
export const keptInBand = Int32Array.from({length: 27}, (_, cell) => {
	const row = Math.floor(cell / 9);
	const box = Math.floor((cell % 9) / 3);
	return (allCells & ~((rowOfCells << (9 * row)) | ((7 << (3 * box)) * threeRows))) | (1 << cell);
});

/** And those of the two other bands. */
export const keptInOthers = Int32Array.from({length: 27}, (_, cell) => allCells & ~((1 << (cell % 9)) * threeRows));
