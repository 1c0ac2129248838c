import {availableParallelism} from 'node:os';
import type {Cores} from './cores.js';
import {interleave} from './interleave.js';
import {makeHardGridFile} from './hard-grids.js';
import {measureSolver, measureSudoku, type SudokuSample} from './measure-sudoku.js';
import type {Options} from './options.js';
import type {ScenarioResult} from './run-scenario.js';
import {median, pairedRatio} from './statistics.js';
import {formatNumber, formatPercent, formatTable} from './table.js';
import type {LoopsScenario} from './thread-scenarios.js';
import {loopsServers, type ThreadServer} from './thread-servers.js';
import {atLeast, atMost} from './verdict.js';

/** The client's start, a third of a second of CPU, is not what is measured. */
const leastSeconds = 6;
/** Shares of cores, together. */
const allOfTwoCores = 1.9;

type Samples = ReadonlyMap<ThreadServer['name'], readonly SudokuSample[]>;

function column(
	samples: Samples,
	name: ThreadServer['name'],
	figure: (sample: SudokuSample) => number,
): readonly number[] {
	return (samples.get(name) ?? []).map(figure);
}

const rateOf = ({requestsPerSecond}: SudokuSample): number => requestsPerSecond;

function loopsTable(samples: Samples): string {
	const rows = loopsServers.map(({name, title}) => [
		title,
		formatNumber(median(column(samples, name, rateOf)), 0),
		formatNumber(pairedRatio(column(samples, name, rateOf), column(samples, 'one-loop', rateOf)), 2),
		formatNumber(median(column(samples, name, sample => sample.cpuMicrosPerRequest)), 1),
		formatPercent(median(column(samples, name, sample => sample.serverBusy))),
		formatPercent(median(column(samples, name, sample => sample.loadBusy))),
	]);
	const header = ['', 'requests/s', 'to one loop', 'CPU µs per request', 'server busy', 'load busy'];
	return formatTable([header, ...rows]);
}

/** Nothing is pinned: two loops need both cores, and the load hardly any. @throws MeasurementError for a board that is wrong, or missing */
export async function runLoops(scenario: LoopsScenario, options: Options): Promise<ScenarioResult> {
	if (availableParallelism() < 2) return {table: '', notes: ['Skipped: there is one core only.'], verdicts: []};
	const cores: Cores = {description: 'not pinned', server: [], load: []};
	const file = makeHardGridFile();
	const timing = {...options, seconds: Math.max(options.seconds, leastSeconds)};
	const solverMicros = await measureSolver(cores, file);
	const samples = await interleave(options.repetitions, loopsServers, async server =>
		measureSudoku(scenario, server, solverMicros, {warmup: file, measured: file}, timing, cores),
	);
	const {minThroughputToOneLoop, minGridMicros, maxLoadBusy} = scenario.limits;
	const ratio = pairedRatio(column(samples, 'two-threads', rateOf), column(samples, 'one-loop', rateOf));
	const loadBusy = median(column(samples, 'two-threads', sample => sample.loadBusy));
	const serverBusy = median(column(samples, 'two-threads', sample => sample.serverBusy));
	const doubts = serverBusy + loadBusy < allOfTwoCores ? ['The machine had other work to do: a lower bound.'] : [];
	return {
		table: loopsTable(samples),
		notes: [`Server and load are not pinned; ${timing.seconds} s each.`, ...doubts],
		verdicts: [
			atLeast('solver alone, CPU µs per grid', solverMicros, minGridMicros, 0),
			atMost('load beside two loops, cores', loadBusy, maxLoadBusy),
			atLeast('two loops, answers per second to one loop', ratio, minThroughputToOneLoop),
		],
	};
}
