import {Child, MeasurementError} from './children.js';
import type {Cores} from './cores.js';
import type {Options} from './options.js';
import {timersProgram} from './paths.js';
import type {TimersScenario} from './scenarios.js';
import {median, pairedRatio} from './statistics.js';
import {formatNumber, formatTable} from './table.js';
import {atMost, type Verdict} from './verdict.js';

interface Figures {
	readonly armMs: number;
	readonly cancelMs: number;
}

/** One process, in which both take turns. */
export interface TimersSample {
	readonly cotcp: Figures;
	readonly node: Figures;
}

interface Line extends TimersSample {
	/** Timers that were called before their time. */
	readonly early: number;
}

async function measureOnce({timers}: TimersScenario, cores: Cores): Promise<TimersSample> {
	const child = new Child('The timers', [...cores.server, process.execPath, timersProgram, String(timers)]);
	const sample = JSON.parse(await child.nextLine()) as Line;
	await child.succeed();
	if (sample.early > 0) throw new MeasurementError(`${sample.early} timers of cotcp were early`);
	return sample;
}

/** @throws MeasurementError for a timer that is early */
export async function measureTimers(
	scenario: TimersScenario,
	options: Options,
	cores: Cores,
): Promise<readonly TimersSample[]> {
	const samples: TimersSample[] = [];
	for (let repetition = 0; repetition < options.repetitions; repetition++)
		samples.push(await measureOnce(scenario, cores));
	return samples;
}

export function timersTable(samples: readonly TimersSample[]): string {
	const row = (title: string, figures: readonly Figures[]): string[] => [
		title,
		formatNumber(median(figures.map(({armMs}) => armMs)), 0),
		formatNumber(median(figures.map(({cancelMs}) => cancelMs)), 0),
	];
	return formatTable([
		['', 'arm, CPU ms', 'cancel, CPU ms'],
		row(
			'setTimeout, clearTimeout',
			samples.map(({node}) => node),
		),
		row(
			'cotcp runAfter, cancel',
			samples.map(({cotcp}) => cotcp),
		),
	]);
}

export function timersVerdicts({limits}: TimersScenario, samples: readonly TimersSample[]): Verdict[] {
	const total = ({armMs, cancelMs}: Figures): number => armMs + cancelMs;
	const ratio = pairedRatio(
		samples.map(({cotcp}) => total(cotcp)),
		samples.map(({node}) => total(node)),
	);
	return [atMost("arming and cancelling, CPU to Node's timers", ratio, limits.maxCpuToNode)];
}
