import type {TrafficSample} from './measure-traffic.js';
import type {BurstScenario, EchoScenario} from './scenarios.js';
import type {Server, ServerName} from './servers.js';
import {median, pairedRatio} from './statistics.js';
import {formatNumber, formatPercent, formatTable} from './table.js';
import {atLeast, atMost, type Verdict} from './verdict.js';

export type TrafficSamples = ReadonlyMap<ServerName, readonly TrafficSample[]>;
type Figure = Exclude<keyof TrafficSample, 'congestion'>;

/** A share of the time above which a process is what everything waits for. */
const saturated = 0.9;

function column(samples: TrafficSamples, name: ServerName, figure: Figure): number[] {
	return (samples.get(name) ?? []).map(sample => sample[figure]);
}

function ratio(samples: TrafficSamples, figure: Figure, name: ServerName, yardstick: ServerName): number {
	return pairedRatio(column(samples, name, figure), column(samples, yardstick, figure));
}

export function trafficTable(samples: TrafficSamples, servers: readonly Server[]): string {
	const header = [
		'',
		'msg/s',
		'CPU s per million',
		'CPU to bare C',
		'msg/s to node:net',
		'mean µs',
		'p99 µs',
		'mean to node:net',
		'server busy',
		'load busy',
	];
	const rows = servers.map(({name, title}) => {
		const middle = (figure: Figure) => median(column(samples, name, figure));
		return [
			title,
			formatNumber(middle('messagesPerSecond'), 0),
			formatNumber(middle('cpuMicrosPerMessage'), 2),
			formatNumber(ratio(samples, 'cpuMicrosPerMessage', name, 'bare'), 2),
			formatNumber(ratio(samples, 'messagesPerSecond', name, 'node'), 2),
			formatNumber(middle('meanLatencyMicros'), 0),
			formatNumber(middle('p99LatencyMicros'), 0),
			formatNumber(ratio(samples, 'meanLatencyMicros', name, 'node'), 2),
			formatPercent(middle('serverBusy')),
			formatPercent(middle('loadBusy')),
		];
	});
	return formatTable([header, ...rows]);
}

/** What makes a figure of this scenario doubtful. */
export function trafficDoubts(
	scenario: EchoScenario | BurstScenario,
	samples: TrafficSamples,
	servers: readonly Server[],
): string[] {
	// In a burst the load waits by design.
	if (scenario.kind === 'burst') return [];
	return servers.flatMap(({name, title}) => {
		const serverBusy = median(column(samples, name, 'serverBusy'));
		const loadBusy = median(column(samples, name, 'loadBusy'));
		if (serverBusy >= saturated) return [];
		if (loadBusy >= saturated) return [`${title}: the load was the bottleneck, so its msg/s is a lower bound.`];
		return [`${title}: neither side was busy all the time: the machine had other work to do.`];
	});
}

export function trafficVerdicts(scenario: EchoScenario | BurstScenario, samples: TrafficSamples): Verdict[] {
	if (scenario.kind === 'burst') {
		const latency = ratio(samples, 'meanLatencyMicros', 'cotcp', 'node');
		return [atMost('cotcp, mean latency to node:net callbacks', latency, scenario.limits.maxLatencyToNode)];
	}
	const {maxCpuToBare, maxReactorCpuToBare, minThroughputToNode} = scenario.limits;
	const cpuToBare = (name: ServerName) => ratio(samples, 'cpuMicrosPerMessage', name, 'bare');
	const verdicts: Verdict[] = [];
	if (maxCpuToBare !== undefined)
		verdicts.push(atMost('cotcp, server CPU per message to the bare C loop', cpuToBare('cotcp'), maxCpuToBare));
	if (minThroughputToNode !== undefined) {
		const throughput = ratio(samples, 'messagesPerSecond', 'cotcp', 'node');
		verdicts.push(atLeast('cotcp, messages per second to node:net callbacks', throughput, minThroughputToNode));
	}
	if (maxReactorCpuToBare !== undefined) {
		const what = 'cotcp/reactor, server CPU per message to the bare C loop';
		verdicts.push(atMost(what, cpuToBare('cotcp-reactor'), maxReactorCpuToBare));
	}
	return verdicts;
}
