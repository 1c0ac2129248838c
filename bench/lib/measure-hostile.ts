import {setTimeout as sleep} from 'node:timers/promises';
import {Child, MeasurementError, withServer, type StartedServer} from './children.js';
import type {Cores} from './cores.js';
import type {HostileServer} from './hostile-servers.js';
import {parseLoadReport, type LoadReport} from './load-report.js';
import type {Options} from './options.js';
import {loadProgram} from './paths.js';
import {residentBytes, settledBytesOf} from './resident.js';
import type {HostileScenario} from './scenarios.js';

/** What the healthy connections had of the server within some time. */
interface Service {
	readonly messagesPerSecond: number;
	readonly p99LatencyMicros: number;
	readonly maxLatencyMicros: number;
}

/** How the hostile peers ended; what `bench_load --mode never-read` and `half-frame` print. */
interface Ends {
	readonly ended: number;
	/** By RST. */
	readonly resets: number;
	/** From the beginning of a peer to its end. */
	readonly shortestLifeMs: number;
	/** From the moment when all were there to the end of the last one. */
	readonly lastEndMs: number;
}

/** One run of one server. */
export interface HostileSample extends Ends {
	readonly before: Service;
	/** From the first hostile peer's coming to the last one's end. */
	readonly during: Service;
	/** As counted by the server, for the reason that the scenario is about. */
	readonly endedByLimit: number;
	readonly bytesBefore: number;
	/** When all hostile peers are there. */
	readonly bytesDuring: number;
	readonly bytesAfter: number;
}

// For ends that come late, and for one that hangs.
const graceMs = 20_000;
const msPerSecond = 1000;

function loadCommand(cores: Cores, given: Readonly<Record<string, string | number>>, flags: string[] = []): string[] {
	const options = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
	return [...cores.load, loadProgram, ...options, ...flags];
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
	const fields: unknown = JSON.parse(line);
	if (typeof fields !== 'object' || fields === null)
		throw new MeasurementError(`No object was reported, but: ${line}`);
	return fields as Readonly<Record<string, unknown>>;
}

function numberIn(fields: Readonly<Record<string, unknown>>, name: string): number {
	const value = fields[name];
	if (typeof value !== 'number') throw new MeasurementError(`There was no ${name} in what was reported`);
	return value;
}

function parseEnds(line: string): Ends {
	const fields = fieldsOf(line);
	return {
		ended: numberIn(fields, 'ended'),
		resets: numberIn(fields, 'resets'),
		shortestLifeMs: numberIn(fields, 'shortest_life_seconds') * msPerSecond,
		lastEndMs: numberIn(fields, 'last_end_seconds') * msPerSecond,
	};
}

/** Ends the measured time of a steady load. */
async function mark(load: Child): Promise<LoadReport> {
	load.tell('mark');
	return parseLoadReport(await load.nextLine());
}

function toService({messagesPerSecond, latencyMicros}: LoadReport): Service {
	return {messagesPerSecond, p99LatencyMicros: latencyMicros.p99, maxLatencyMicros: latencyMicros.max};
}

async function floodPort(server: Child): Promise<number> {
	const line = await server.nextLine();
	const port = Number(/^flooding on \S+:(\d+)$/u.exec(line)?.[1]);
	if (!Number.isInteger(port)) throw new MeasurementError(`The server did not say where it floods, but: ${line}`);
	return port;
}

/** What the server itself counted, by the limit's name. */
async function endedBy({limit}: HostileScenario, server: Child): Promise<number> {
	server.tell('stats');
	const {frames, flood} = fieldsOf(await server.nextLine()) as Record<'frames' | 'flood', Record<string, unknown>>;
	return numberIn(limit === 'stallTimeout' ? flood : frames, limit);
}

async function assault(
	scenario: HostileScenario,
	{child, port}: StartedServer,
	load: Child,
	options: Options,
	cores: Cores,
): Promise<Omit<HostileSample, 'bytesAfter'>> {
	const flood = await floodPort(child);
	await sleep(options.warmupSeconds * msPerSecond);
	await mark(load);
	await sleep(options.seconds * msPerSecond);
	const before = toService(await mark(load));
	const bytesBefore = await residentBytes(child.pid);
	const {limit, peers, size, timeoutMs} = scenario;
	const shape = limit === 'stallTimeout' ? {mode: 'never-read', port: flood} : {mode: 'half-frame', port, size};
	const patienceMs = timeoutMs + graceMs;
	await mark(load);
	const given = {...shape, connections: peers, seconds: patienceMs / msPerSecond};
	const hostile = new Child('The hostile peers', loadCommand(cores, given));
	const line = await hostile.nextLine();
	if (line !== 'ready') throw new MeasurementError(`The hostile peers did not get ready, but: ${line}`);
	const bytesDuring = await residentBytes(child.pid);
	const ends = parseEnds(await hostile.nextLine(patienceMs + graceMs));
	const during = toService(await mark(load));
	await hostile.succeed();
	return {...ends, before, during, bytesBefore, bytesDuring, endedByLimit: await endedBy(scenario, child)};
}

/** @throws MeasurementError for a wrong byte, or a server that fails */
export async function measureHostile(
	scenario: HostileScenario,
	{title, program}: HostileServer,
	options: Options,
	cores: Cores,
): Promise<HostileSample> {
	const {connections, size, depth, timeoutMs} = scenario;
	const limits = ['--stall', String(timeoutMs), '--frame', String(timeoutMs)];
	return withServer(title, [...cores.server, process.execPath, program, ...limits], async server => {
		const given = {mode: 'steady', port: server.port, connections, size, depth, 'server-pid': server.child.pid};
		const load = new Child(`The load on ${title}`, loadCommand(cores, given, ['--framed']));
		const sample = await assault(scenario, server, load, options, cores);
		load.endInput();
		await load.succeed();
		return {...sample, bytesAfter: await settledBytesOf(server.child.pid)};
	});
}
