/** A grid is a string of 81 digits, row by row; 0 is an empty cell. */
export const cells = 81;

/** Spaces, line ends, and what boards are drawn with. */
const decoration = /[\s|+-]/gu;

/** Takes a grid as people write it: dots are empty cells, spaces and line ends do not count. @throws Error that tells what is wrong */
export function parseGrid(text: string): string {
	const grid = text.replaceAll(decoration, '').replaceAll('.', '0');
	const [strange] = /[^0-9]/u.exec(grid) ?? [];
	if (strange !== undefined) throw new Error(`a grid has digits and dots, not '${strange}'`);
	if (grid.length !== cells) throw new Error(`a grid has ${cells} cells, not ${grid.length}`);
	return grid;
}
