import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {listen, type CoTcpConnection} from 'cotcp';
import {runProgram, type Finished} from '../../shared/child-program.js';
import {readGrids} from '../client/grid-file.js';
import {Judge} from '../client/judge.js';
import {Tally} from '../client/tally.js';
import type {Workload} from '../client/workload.js';
import {solve} from '../solver/solver.js';

export const host = '127.0.0.1';

const program = fileURLToPath(new URL('../client.ts', import.meta.url));

export const data = {
	grids: fileURLToPath(new URL('../data/sudoku-1000.txt', import.meta.url)),
	solutions: fileURLToPath(new URL('../data/sudoku-1000.solutions.txt', import.meta.url)),
};

/** Runs the client to its end. */
export async function runClient(port: number, ...args: string[]): Promise<Finished> {
	return runProgram(program, ['--port', String(port), ...args]);
}

/** A file that goes with the test. */
export async function fileWith(t: ExecutionContext, text: string): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'cotcp-sudoku-'));
	t.teardown(async () => rm(folder, {recursive: true, force: true}));
	const path = join(folder, 'grids.txt');
	await writeFile(path, text);
	return path;
}

/** The first hundred grids of the example, and what counts their answers. One piece of a stream holds them. */
export async function hundredGrids(): Promise<Workload> {
	const {path, grids} = await readGrids(data.grids);
	return workloadOf(grids.slice(0, 100), path);
}

export function workloadOf(grids: readonly string[], path = 'f'): Workload {
	const tally = new Tally();
	const file = {path, grids, lines: grids.map((_, index) => index + 1)};
	return {grids, tally, judge: new Judge(file, undefined, fault => tally.report(fault))};
}

/** A request as it came, and its right answer. */
export interface Asked {
	/** With the colon; `''`: without one. */
	readonly id: string;
	readonly grid: string;
	readonly answer: string;
	/** Of all requests to this server, from 0. */
	readonly number: number;
}

export type Behaviour = (asked: readonly Asked[], connection: CoTcpConnection) => Promise<void> | void;

/** A server in this process that does with the requests of each piece of the stream what the test wants; goes with the test. */
export async function serve(t: ExecutionContext, behave: Behaviour): Promise<number> {
	let number = 0;
	const server = await listen({port: 0, host, onError() {}}, async connection => {
		let rest = '';
		for await (const chunk of connection) {
			const lines = (rest + chunk.toString('latin1')).split('\r\n');
			rest = lines.pop() ?? '';
			const asked = lines.map(line => {
				const body = line.indexOf(':') + 1;
				const grid = line.slice(body);
				return {id: line.slice(0, body), grid, answer: solve(grid) ?? 'NoSolution', number: number++};
			});
			await behave(asked, connection);
		}
	});
	t.teardown(async () => server.close({timeout: 0}));
	return server.address.port;
}

/** As a good server answers. */
export function answerTo(asked: readonly Asked[]): string {
	return asked.map(({id, answer}) => `${id}${answer}\r\n`).join('');
}
