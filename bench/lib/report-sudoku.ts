import type {SudokuSample} from './measure-sudoku.js';
import type {SudokuServer} from './sudoku-servers.js';
import {median, pairedRatio} from './statistics.js';
import {formatNumber, formatPercent, formatTable} from './table.js';

export type SudokuSamples = ReadonlyMap<string, readonly SudokuSample[]>;

/** A share of the time above which a process is what everything waits for. */
const saturated = 0.9;

function column(samples: SudokuSamples, name: string, figure: (sample: SudokuSample) => number): number[] {
	return (samples.get(name) ?? []).map(figure);
}

/** What a request costs beside being solved. */
function besideSolver({cpuMicrosPerRequest, solverMicros}: SudokuSample): number {
	return cpuMicrosPerRequest - solverMicros;
}

export function sudokuTable(samples: SudokuSamples, servers: readonly SudokuServer[]): string {
	const header = [
		'',
		'requests/s',
		'to node:net',
		'CPU µs per request',
		'to node:net',
		'beside the solver',
		'server busy',
		'load busy',
	];
	const rows = servers.map(({name, title}) => {
		const middle = (figure: (sample: SudokuSample) => number) => median(column(samples, name, figure));
		const ratio = (figure: (sample: SudokuSample) => number) =>
			pairedRatio(column(samples, name, figure), column(samples, 'node', figure));
		const perSecond = ({requestsPerSecond}: SudokuSample) => requestsPerSecond;
		const cpu = ({cpuMicrosPerRequest}: SudokuSample) => cpuMicrosPerRequest;
		return [
			title,
			formatNumber(middle(perSecond), 0),
			formatNumber(ratio(perSecond), 2),
			formatNumber(middle(cpu), 2),
			formatNumber(ratio(cpu), 2),
			formatNumber(middle(besideSolver), 2),
			formatPercent(middle(({serverBusy}) => serverBusy)),
			formatPercent(middle(({loadBusy}) => loadBusy)),
		];
	});
	return formatTable([header, ...rows]);
}

/** The solver's time, and what makes a figure doubtful. */
export function sudokuNotes(samples: SudokuSamples, servers: readonly SudokuServer[]): string[] {
	const solver = median([...samples.values()].flat().map(({solverMicros}) => solverMicros));
	return [
		`Solver alone: ${formatNumber(solver, 2)} µs of CPU per grid.`,
		...servers.flatMap(({name, title}) => {
			const serverBusy = median(column(samples, name, sample => sample.serverBusy));
			const loadBusy = median(column(samples, name, sample => sample.loadBusy));
			if (serverBusy >= saturated) return [];
			if (loadBusy >= saturated)
				return [`${title}: the load was the bottleneck, so its requests/s is a lower bound.`];
			return [`${title}: neither side was busy all the time: the machine had other work to do.`];
		}),
	];
}
