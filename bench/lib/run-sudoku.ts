import type {Cores} from './cores.js';
import {makeGridFiles, measureSolver, measureSudoku, type SudokuSample} from './measure-sudoku.js';
import type {Options} from './options.js';
import {sudokuNotes, sudokuTable} from './report-sudoku.js';
import type {ScenarioResult} from './run-scenario.js';
import type {SudokuScenario} from './sudoku-scenarios.js';
import {sudokuServers} from './sudoku-servers.js';

/** In each repetition first the solver alone, then the servers by turns. @throws MeasurementError for a board that is wrong, or missing */
export async function runSudoku(scenario: SudokuScenario, options: Options, cores: Cores): Promise<ScenarioResult> {
	const servers = sudokuServers.filter(({name}) => options.servers.some(server => server.name === name));
	if (servers.length === 0)
		return {table: '', notes: ['Skipped: it is about node:net and cotcp, which were not chosen.'], verdicts: []};
	const files = makeGridFiles(options);
	const samples = new Map<string, SudokuSample[]>(servers.map(({name}) => [name, []]));
	for (let repetition = 1; repetition <= options.repetitions; repetition++) {
		const solverMicros = await measureSolver(cores);
		for (const server of servers) {
			if (process.stderr.isTTY)
				process.stderr.write(`\r\u001B[K  ${repetition} of ${options.repetitions}: ${server.title}`);
			samples.get(server.name)?.push(await measureSudoku(scenario, server, solverMicros, files, options, cores));
		}
	}
	if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
	return {table: sudokuTable(samples, servers), notes: sudokuNotes(samples, servers), verdicts: []};
}
