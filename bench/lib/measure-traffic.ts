import {Child, MeasurementError, withServer} from './children.js';
import type {Cores} from './cores.js';
import {parseLoadReport, type LoadReport} from './load-report.js';
import type {Options} from './options.js';
import {loadProgram} from './paths.js';
import type {BurstScenario, EchoScenario} from './scenarios.js';
import type {Server} from './servers.js';

/** One run of one server under traffic. */
export interface TrafficSample {
	readonly messagesPerSecond: number;
	/** Server CPU, user and system, of all its threads. Seconds per million messages are microseconds per message. */
	readonly cpuMicrosPerMessage: number;
	readonly meanLatencyMicros: number;
	readonly p99LatencyMicros: number;
	/** Share of the measured time that the process was on a core, 0 to 1 (more with threads). */
	readonly serverBusy: number;
	readonly loadBusy: number;
	readonly congestion: string;
}

// The generator drains and ends by itself; this is for one that hangs.
const graceMs = 60_000;
const msPerSecond = 1000;
const microsPerSecond = 1e6;

function loadArguments(scenario: EchoScenario | BurstScenario): string[] {
	const shape =
		scenario.kind === 'echo'
			? [
					'--depth',
					String(scenario.depth),
					...(scenario.separateWrites ? ['--separate-writes'] : []),
					...(scenario.framed ? ['--framed'] : []),
				]
			: [];
	return [
		'--mode',
		scenario.kind,
		'--connections',
		String(scenario.connections),
		'--size',
		String(scenario.size),
		...shape,
	];
}

function toSample(report: LoadReport): TrafficSample {
	if (report.messages === 0) throw new MeasurementError('Not one message came back within the measured time');
	return {
		messagesPerSecond: report.messagesPerSecond,
		cpuMicrosPerMessage: (report.serverCpuSeconds * microsPerSecond) / report.messages,
		meanLatencyMicros: report.latencyMicros.mean,
		p99LatencyMicros: report.latencyMicros.p99,
		serverBusy: report.serverCpuSeconds / report.seconds,
		loadBusy: report.loadCpuSeconds / report.seconds,
		congestion: report.congestion,
	};
}

/** @throws MeasurementError for a wrong byte, or a server that fails */
export async function measureTraffic(
	scenario: EchoScenario | BurstScenario,
	server: Server,
	options: Options,
	cores: Cores,
): Promise<TrafficSample> {
	return runLoad(server.title, server.command(scenario), loadArguments(scenario), options, cores);
}

/** One run of the load generator against a fresh server. @throws MeasurementError for what either of them finds wrong */
export async function runLoad(
	title: string,
	command: readonly string[],
	shape: readonly string[],
	{seconds, warmupSeconds}: Options,
	cores: Cores,
): Promise<TrafficSample> {
	return withServer(title, [...cores.server, ...command], async ({child, port}) => {
		const load = new Child(`The load on ${title}`, [
			...cores.load,
			loadProgram,
			'--port',
			String(port),
			'--server-pid',
			String(child.pid),
			...shape,
			'--seconds',
			String(seconds),
			'--warmup',
			String(warmupSeconds),
		]);
		const line = await load.nextLine((seconds + warmupSeconds) * msPerSecond + graceMs);
		await load.succeed();
		return toSample(parseLoadReport(line));
	});
}
