import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Child, MeasurementError, withServer} from './children.js';
import type {Cores} from './cores.js';
import type {Options} from './options.js';
import {cpuSecondsOf} from './process-cpu.js';
import {solverProgram, sudokuClient, sudokuGrids, typeScriptCommand} from './sudoku-servers.js';

/** One run of one server. */
export interface SudokuSample {
	readonly requestsPerSecond: number;
	/** Server CPU, user and system, of all its threads. */
	readonly cpuMicrosPerRequest: number;
	/** The solver alone, in the same repetition, in a process that does nothing else. */
	readonly solverMicros: number;
	/** Shares of the measured time that the process was on a core, 0 to 1 (more with threads). */
	readonly serverBusy: number;
	readonly loadBusy: number;
}

/** What the client is to do. `depth`: requests in flight on each connection; Infinity: all at once. */
export interface SudokuLoad {
	readonly connections: number;
	readonly depth: number;
}

/** Grids for all requests at once: as many as a second needs, or thereabouts, for each second. */
const gridsPerSecond = 20_000;
// The client ends by itself; this is for one that hangs.
const graceMs = 60_000;
const msPerSecond = 1000;
const microsPerSecond = 1e6;

/** Files with the grids of the example again and again, for the warm-up and for the measured time. */
export interface GridFiles {
	readonly warmup: string;
	readonly measured: string;
}

/** Gone when the process ends. */
export function makeGridFiles({seconds, warmupSeconds}: Options): GridFiles {
	const folder = mkdtempSync(path.join(tmpdir(), 'cotcp-bench-'));
	process.once('exit', () => {
		rmSync(folder, {recursive: true, force: true});
	});
	const grids = readFileSync(sudokuGrids, 'utf8');
	const count = grids.trimEnd().split('\n').length;
	const write = (name: string, length: number) => {
		const file = path.join(folder, name);
		writeFileSync(file, grids.repeat(Math.ceil((gridsPerSecond * length) / count)));
		return file;
	};
	return {warmup: write('warmup.txt', warmupSeconds), measured: write('measured.txt', seconds)};
}

/** What the client tells of its run, as far as it is needed. */
interface ClientReport {
	readonly ok: number;
	readonly seconds: number;
	readonly cpuSeconds: number;
}

function parseReport(line: string): ClientReport {
	const {ok, seconds, cpuSeconds} = JSON.parse(line) as Partial<Record<keyof ClientReport, unknown>>;
	if (typeof ok !== 'number' || typeof seconds !== 'number' || typeof cpuSeconds !== 'number')
		throw new MeasurementError(`The sudoku client reported something else: ${line}`);
	return {ok, seconds, cpuSeconds};
}

/** @throws MeasurementError for a board that is wrong, or missing */
async function runClient(
	{connections, depth}: SudokuLoad,
	port: number,
	seconds: number,
	file: string,
	cores: Cores,
): Promise<ClientReport> {
	const common = ['--port', String(port), '--connections', String(connections), '--json'];
	const args =
		depth === Infinity
			? ['batch', file, ...common]
			: ['pipeline', file, ...common, '--depth', String(depth), '--duration', String(seconds)];
	const client = new Child('The sudoku client', [...cores.load, ...typeScriptCommand(sudokuClient, args)]);
	const line = await client.nextLine(seconds * msPerSecond + graceMs);
	await client.succeed();
	return parseReport(line);
}

/** Microseconds of CPU per grid of the file. */
export async function measureSolver(cores: Cores, grids = sudokuGrids): Promise<number> {
	const child = new Child('The solver', [...cores.server, ...typeScriptCommand(solverProgram, [grids])]);
	const micros = Number(await child.nextLine(graceMs));
	await child.succeed();
	if (!(micros > 0)) throw new MeasurementError('The solver did not tell its time');
	return micros;
}

/** @throws MeasurementError for a board that is wrong, or missing, or a server that fails */
export async function measureSudoku(
	scenario: SudokuLoad,
	{title, command}: {readonly title: string; readonly command: readonly string[]},
	solverMicros: number,
	files: GridFiles,
	{seconds, warmupSeconds}: Options,
	cores: Cores,
): Promise<SudokuSample> {
	return withServer(title, [...cores.server, ...command], async ({child, port}) => {
		await runClient(scenario, port, warmupSeconds, files.warmup, cores);
		// While the client starts and ends, the server has nothing to do.
		const before = cpuSecondsOf(child.pid);
		const report = await runClient(scenario, port, seconds, files.measured, cores);
		const cpuSeconds = cpuSecondsOf(child.pid) - before;
		return {
			requestsPerSecond: report.ok / report.seconds,
			cpuMicrosPerRequest: (cpuSeconds * microsPerSecond) / report.ok,
			solverMicros,
			serverBusy: cpuSeconds / report.seconds,
			loadBusy: report.cpuSeconds / report.seconds,
		};
	});
}
