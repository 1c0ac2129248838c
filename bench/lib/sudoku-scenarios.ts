/** The sudoku server of the examples under its own client, which verifies every board. It has servers of its own. */
export interface SudokuScenario {
	readonly kind: 'sudoku';
	readonly name: string;
	readonly title: string;
	readonly connections: number;
	/** Requests in flight on each connection; Infinity: all at once. */
	readonly depth: number;
}

export const sudokuScenarios: readonly SudokuScenario[] = [
	{
		kind: 'sudoku',
		name: 'sudoku-batch',
		title: 'Sudoku server, 4 connections, all requests at once',
		connections: 4,
		depth: Infinity,
	},
	{
		kind: 'sudoku',
		name: 'sudoku-pipelined',
		title: 'Sudoku server, 10 connections, 10 in flight, pipelined writes',
		connections: 10,
		depth: 10,
	},
];
