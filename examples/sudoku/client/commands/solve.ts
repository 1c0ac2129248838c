import {noSolution, tooBusy} from '../answer.js';
import {quote} from '../answer-lines.js';
import {colourStyle, drawBoard, plainStyle} from '../board.js';
import {Exchange, type Server} from '../exchange.js';
import {solve} from '../../solver/solver.js';
import {faultOf} from '../verify.js';

export interface SolveOptions {
	readonly server: Server;
	readonly grid: string;
	readonly colours: boolean;
}

/** Resolves to the board, drawn. Rejects if the server has none, or one that is wrong. */
export async function solveOne({server, grid, colours}: SolveOptions): Promise<string> {
	const body = await askOne(server, grid);
	if (body === noSolution) {
		const board = solve(grid);
		if (board === undefined || faultOf(board, grid) !== undefined) throw new Error('the grid has no solution');
		throw new Error(`wrong answer: ${noSolution}, but there is one: ${board}`);
	}

	if (body === tooBusy) throw new Error('the server is too busy');
	const fault = faultOf(body, grid);
	if (fault !== undefined) throw new Error(`wrong answer: ${fault}: ${quote(body)}`);
	return drawBoard(body, grid, colours ? colourStyle : plainStyle);
}

async function askOne(server: Server, grid: string): Promise<string> {
	const exchange = await Exchange.open(server, [grid]);
	let answer = '';
	exchange.ask([{grid: 0, since: performance.now()}]);
	exchange.finish();
	await exchange.run({
		onAnswer(_request, body) {
			answer = body;
		},
	});
	return answer;
}
