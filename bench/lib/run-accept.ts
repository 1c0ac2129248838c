import type {Cores} from './cores.js';
import {interleave} from './interleave.js';
import {runLoad, type TrafficSample} from './measure-traffic.js';
import type {Options} from './options.js';
import type {ScenarioResult} from './run-scenario.js';
import {median, pairedRatio} from './statistics.js';
import {formatNumber, formatPercent, formatTable} from './table.js';
import type {AcceptScenario} from './thread-scenarios.js';
import {acceptServers, type ThreadServer} from './thread-servers.js';
import {atMost} from './verdict.js';

type Samples = ReadonlyMap<ThreadServer['name'], readonly TrafficSample[]>;

function cpuOf(samples: Samples, name: ThreadServer['name']): number[] {
	return (samples.get(name) ?? []).map(({cpuMicrosPerMessage}) => cpuMicrosPerMessage);
}

function acceptTable(samples: Samples): string {
	const rows = acceptServers.map(({name, title}) => {
		const middle = (figure: (sample: TrafficSample) => number) => median((samples.get(name) ?? []).map(figure));
		return [
			title,
			formatNumber(
				middle(sample => sample.messagesPerSecond),
				0,
			),
			formatNumber(median(cpuOf(samples, name)), 2),
			formatNumber(pairedRatio(cpuOf(samples, name), cpuOf(samples, 'one-loop')), 2),
			formatPercent(middle(sample => sample.serverBusy)),
			formatPercent(middle(sample => sample.loadBusy)),
		];
	});
	const header = ['', 'connections/s', 'CPU µs per connection', 'to one loop', 'server busy', 'load busy'];
	return formatTable([header, ...rows]);
}

/** Compiling what runs for each connection, in each thread anew, is not what is measured. */
const leastWarmupSeconds = 4;

/** All threads of the server on one core. @throws MeasurementError for a connection that fails, or a server that does */
export async function runAccept(scenario: AcceptScenario, options: Options, cores: Cores): Promise<ScenarioResult> {
	const shape = ['--mode', 'churn', '--connections', String(scenario.connections)];
	const timing = {...options, warmupSeconds: Math.max(options.warmupSeconds, leastWarmupSeconds)};
	const samples = await interleave(options.repetitions, acceptServers, async ({title, command}) =>
		runLoad(title, command, shape, timing, cores),
	);
	const ratio = pairedRatio(cpuOf(samples, 'one-thread'), cpuOf(samples, 'one-loop'));
	return {
		table: acceptTable(samples),
		notes: [`Warm-up: ${timing.warmupSeconds} s.`],
		verdicts: [
			atMost('hand-over to 1 thread, CPU per connection to one loop', ratio, scenario.limits.maxCpuToOneLoop),
		],
	};
}
