import path from 'node:path';
import {root, serversFolder} from './paths.js';
import type {ServerName} from './servers.js';

/** All with the solver, the protocol's texts and the statistics of the example: they differ in what brings the bytes. */
export interface SudokuServer {
	readonly name: Extract<ServerName, 'node' | 'cotcp' | 'cotcp-reactor'>;
	readonly title: string;
	/** Program and arguments; it prints `listening on ADDRESS:PORT`. */
	readonly command: readonly string[];
}

const example = path.join(root, 'examples/sudoku');
export const sudokuClient = path.join(example, 'client.ts');
export const sudokuGrids = path.join(example, 'data/sudoku-1000.txt');
export const solverProgram = path.join(root, 'bench/sudoku-solver.mjs');

/** Runs a program that is, or imports, TypeScript. */
export function typeScriptCommand(program: string, args: readonly string[]): string[] {
	return [process.execPath, '--import', 'tsx', program, ...args];
}

export function exampleServer(kind: string, ...more: readonly string[]): readonly string[] {
	return typeScriptCommand(path.join(example, 'server.ts'), ['--port', '0', '--kind', kind, ...more]);
}

/** In the order in which each repetition runs them. */
export const sudokuServers: readonly SudokuServer[] = [
	{
		name: 'node',
		title: 'node:net callbacks',
		command: typeScriptCommand(path.join(serversFolder, 'sudoku-node.mjs'), []),
	},
	{name: 'cotcp', title: 'cotcp, basic', command: exampleServer('basic')},
	{name: 'cotcp-reactor', title: 'cotcp/reactor', command: exampleServer('reactor')},
];
