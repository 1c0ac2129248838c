const side = 9;
const boxSide = 3;

/** How given digits and found ones look, three columns wide. */
export interface BoardStyle {
	readonly given: (digit: string) => string;
	readonly found: (digit: string) => string;
	/** Told below the board. */
	readonly legend: string;
}

/** For a terminal: bold and green. */
export const colourStyle: BoardStyle = {
	given: digit => `\u001B[1m ${digit} \u001B[0m`,
	found: digit => `\u001B[32m ${digit} \u001B[0m`,
	legend: '\u001B[1mgiven\u001B[0m, \u001B[32mfound\u001B[0m',
};

/** For files, pipes and terminals without colours. */
export const plainStyle: BoardStyle = {
	given: digit => `[${digit}]`,
	found: digit => ` ${digit} `,
	legend: '[given], found',
};

/** `board` is full; the digits that `grid` has as well are the given ones. Ends with a line end. */
export function drawBoard(board: string, grid: string, style: BoardStyle): string {
	const rule = (left: string, middle: string, right: string) =>
		`${left}${Array.from({length: boxSide}, () => '─'.repeat(side)).join(middle)}${right}`;
	const cell = (index: number) => {
		const digit = board[index] ?? ' ';
		return grid[index] === '0' ? style.found(digit) : style.given(digit);
	};
	const row = (number: number) =>
		Array.from(
			{length: side},
			(_, column) => (column % boxSide === 0 ? '│' : '') + cell(number * side + column),
		).join('');
	const lines = Array.from({length: side}, (_, number) => [
		...(number % boxSide === 0 ? [number === 0 ? rule('┌', '┬', '┐') : rule('├', '┼', '┤')] : []),
		`${row(number)}│`,
	]).flat();
	return [...lines, rule('└', '┴', '┘'), style.legend, ''].join('\n');
}
