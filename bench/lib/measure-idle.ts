import {Child, MeasurementError, withServer} from './children.js';
import type {Cores} from './cores.js';
import {loadProgram} from './paths.js';
import {settledBytesOf} from './resident.js';
import type {IdleScenario} from './scenarios.js';
import type {Server} from './servers.js';

/** One run of one server with connections that say nothing. */
export interface IdleSample {
	readonly bytesPerConnection: number;
}

async function openConnections(count: number, port: number, cores: Cores): Promise<Child> {
	const load = new Child('The load', [
		...cores.load,
		loadProgram,
		'--mode',
		'idle',
		'--connections',
		String(count),
		'--port',
		String(port),
	]);
	const line = await load.nextLine();
	if (line !== 'ready') throw new MeasurementError(`The idle load did not get ready, but: ${line}`);
	return load;
}

/** @throws MeasurementError for a wrong byte, or a server that fails */
export async function measureIdle(scenario: IdleScenario, server: Server, cores: Cores): Promise<IdleSample> {
	return withServer(server.title, [...cores.server, ...server.command(scenario)], async ({child, port}) => {
		const loads: Child[] = [];
		try {
			loads.push(await openConnections(scenario.baseConnections, port, cores));
			const baseBytes = await settledBytesOf(child.pid);
			loads.push(await openConnections(scenario.addedConnections, port, cores));
			const allBytes = await settledBytesOf(child.pid);
			return {bytesPerConnection: (allBytes - baseBytes) / scenario.addedConnections};
		} finally {
			// They hold their connections until now; what they find at the end counts as well.
			for (const load of loads) load.endInput();
			for (const load of loads) await load.succeed();
		}
	});
}
