import {readFile} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {Child, MeasurementError, withServer} from './children.js';
import type {Cores} from './cores.js';
import {loadProgram} from './paths.js';
import type {IdleScenario} from './scenarios.js';
import type {Server} from './servers.js';

/** One run of one server with connections that say nothing. */
export interface IdleSample {
	readonly bytesPerConnection: number;
}

const bytesPerKib = 1024;
const settleStepMs = 250;
const maxSettleSteps = 20;
const settledBytes = 64 * bytesPerKib;
// Beside the connections: what a runtime opens for itself.
const spareDescriptors = 200;

/** Exact, unlike VmRSS, whose counters the kernel keeps per core. */
async function residentBytes(pid: number): Promise<number> {
	const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
	const kibibytes = /^Rss:\s*(\d+) kB$/mu.exec(text)?.[1];
	if (kibibytes === undefined) throw new MeasurementError(`The memory of process ${pid} cannot be read`);
	return Number(kibibytes) * bytesPerKib;
}

/** Waits until the collector and the allocator have come to rest. */
async function settledBytesOf(pid: number): Promise<number> {
	let before = await residentBytes(pid);
	for (let step = 0; step < maxSettleSteps; step++) {
		await sleep(settleStepMs);
		const after = await residentBytes(pid);
		if (Math.abs(after - before) < settledBytes) return after;
		before = after;
	}
	return before;
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

/** Says what is in the way if the server cannot hold that many descriptors. */
export async function descriptorShortage(scenario: IdleScenario): Promise<string | undefined> {
	const limits = await readFile('/proc/self/limits', 'utf8');
	const hardLimit = Number(/^Max open files\s+\S+\s+(\d+)/mu.exec(limits)?.[1] ?? Infinity);
	const needed = scenario.baseConnections + scenario.addedConnections + spareDescriptors;
	if (hardLimit >= needed) return undefined;
	return `${needed} descriptors are needed, the hard limit is ${hardLimit} (ulimit -Hn)`;
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
