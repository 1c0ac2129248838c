import type {IdleSample} from './measure-idle.js';
import type {IdleScenario} from './scenarios.js';
import type {Server, ServerName} from './servers.js';
import {median} from './statistics.js';
import {formatNumber, formatTable} from './table.js';
import {atMost, type Verdict} from './verdict.js';

export type IdleSamples = ReadonlyMap<ServerName, readonly IdleSample[]>;

function bytesOf(samples: IdleSamples, name: ServerName): number {
	return median((samples.get(name) ?? []).map(({bytesPerConnection}) => bytesPerConnection));
}

export function idleTable(samples: IdleSamples, servers: readonly Server[]): string {
	const rows = servers.map(({name, title}) => [title, formatNumber(bytesOf(samples, name), 0)]);
	return formatTable([['', 'RSS bytes per connection'], ...rows]);
}

export function idleVerdicts(scenario: IdleScenario, samples: IdleSamples): Verdict[] {
	return [
		atMost(
			'cotcp, RSS bytes per idle connection',
			bytesOf(samples, 'cotcp'),
			scenario.limits.maxBytesPerConnection,
			0,
		),
	];
}
