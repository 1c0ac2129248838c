import type {Cores} from './cores.js';
import {fileServers} from './file-servers.js';
import {descriptorShortage} from './descriptors.js';
import {hostileServers} from './hostile-servers.js';
import {interleave} from './interleave.js';
import {measureHostile} from './measure-hostile.js';
import {measureIdle} from './measure-idle.js';
import {makeSampleFile, measureFile} from './measure-file.js';
import {measureTimers, timersTable, timersVerdicts} from './measure-timers.js';
import {measureTraffic} from './measure-traffic.js';
import type {Options} from './options.js';
import {hostileTable, hostileVerdicts} from './report-hostile.js';
import {fileTable, fileVerdicts} from './report-file.js';
import {idleTable, idleVerdicts} from './report-idle.js';
import {trafficDoubts, trafficTable, trafficVerdicts} from './report-traffic.js';
import type {FileScenario, HostileScenario, Scenario} from './scenarios.js';
import {serversFor} from './servers.js';
import {runAccept} from './run-accept.js';
import {runLoops} from './run-loops.js';
import {runSudoku} from './run-sudoku.js';
import type {Verdict} from './verdict.js';

// Each takes twice as long as its timeout.
const maxHostileRepetitions = 3;

/** What is printed of a scenario. */
export interface ScenarioResult {
	readonly table: string;
	readonly notes: readonly string[];
	readonly verdicts: readonly Verdict[];
}

async function runFile(scenario: FileScenario, options: Options, cores: Cores): Promise<ScenarioResult> {
	if (!options.servers.some(({name}) => name === 'cotcp')) {
		return {table: '', notes: ['Skipped: it is about cotcp, which was not chosen.'], verdicts: []};
	}
	const file = makeSampleFile(scenario.bytes);
	const samples = await interleave(options.repetitions, fileServers, async server =>
		measureFile(file, server, options, cores),
	);
	return {table: fileTable(samples), notes: [], verdicts: fileVerdicts(scenario, samples)};
}

async function runHostile(scenario: HostileScenario, options: Options, cores: Cores): Promise<ScenarioResult> {
	const servers = hostileServers.filter(({name}) => options.servers.some(server => server.name === name));
	if (servers.length === 0) {
		return {table: '', notes: ['Skipped: it is about cotcp, which was not chosen.'], verdicts: []};
	}
	const shortage = await descriptorShortage(scenario.connections + scenario.peers);
	if (shortage !== undefined) return {table: '', notes: [`Skipped: ${shortage}.`], verdicts: []};
	const repetitions = Math.min(options.repetitions, maxHostileRepetitions);
	const samples = await interleave(repetitions, servers, async server =>
		measureHostile(scenario, server, options, cores),
	);
	return {
		table: hostileTable(samples, servers),
		notes: [`${repetitions} repetitions.`],
		verdicts: hostileVerdicts(scenario, samples, servers),
	};
}

/** @throws MeasurementError for a wrong byte, or a server that fails */
export async function runScenario(scenario: Scenario, options: Options, cores: Cores): Promise<ScenarioResult> {
	const {repetitions} = options;
	if (scenario.kind === 'file') return runFile(scenario, options, cores);
	if (scenario.kind === 'hostile') return runHostile(scenario, options, cores);
	if (scenario.kind === 'sudoku') return runSudoku(scenario, options, cores);
	if (scenario.kind === 'accept' || scenario.kind === 'loops') {
		if (!options.servers.some(({name}) => name === 'cotcp'))
			return {table: '', notes: ['Skipped: it is about cotcp, which was not chosen.'], verdicts: []};
		return scenario.kind === 'accept' ? runAccept(scenario, options, cores) : runLoops(scenario, options);
	}
	if (scenario.kind === 'timers') {
		const samples = await measureTimers(scenario, options, cores);
		return {table: timersTable(samples), notes: [], verdicts: timersVerdicts(scenario, samples)};
	}
	const servers = serversFor(scenario, options.servers);
	if (servers.length === 0)
		return {table: '', notes: ['Skipped: none of the chosen servers has a program for it.'], verdicts: []};
	if (scenario.kind === 'idle') {
		const shortage = await descriptorShortage(scenario.baseConnections + scenario.addedConnections);
		if (shortage !== undefined) return {table: '', notes: [`Skipped: ${shortage}.`], verdicts: []};
		const samples = await interleave(repetitions, servers, async server => measureIdle(scenario, server, cores));
		return {table: idleTable(samples, servers), notes: [], verdicts: idleVerdicts(scenario, samples)};
	}
	const samples = await interleave(repetitions, servers, async server =>
		measureTraffic(scenario, server, options, cores),
	);
	const used = new Set([...samples.values()].flat().map(({congestion}) => congestion));
	return {
		table: trafficTable(samples, servers),
		notes: [`Congestion control: ${[...used].join(', ')}.`, ...trafficDoubts(scenario, samples, servers)],
		verdicts: trafficVerdicts(scenario, samples),
	};
}
