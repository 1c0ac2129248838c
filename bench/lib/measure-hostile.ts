import {performance} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import {Child, MeasurementError, withServer, type StartedServer} from './children.js';
import type {Cores} from './cores.js';
import type {HostileServer} from './hostile-servers.js';
import {parseLoadReport, type LoadReport} from './load-report.js';
import type {Options} from './options.js';
import {loadProgram} from './paths.js';
import {residentBytes} from './resident.js';
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
}

/** One run of one server. */
export interface HostileSample extends Ends {
	readonly before: Service;
	/** When they have gone, for as long as before they came. */
	readonly afterwards: Service;
	/** From the first hostile peer's coming until all have what they can have: the kernel's buffers are full, or half a frame is sent. */
	readonly arriving: Service;
	/** From then to the last one's end. */
	readonly during: Service;
	/** How long that was. */
	readonly lastEndMs: number;
	/** As counted by the server, for the reason that the scenario is about. */
	readonly endedByLimit: number;
	/** When all hostile peers have what they can have. */
	readonly bytesDuring: number;
	/** Some time after the last one's end: what V8 has not collected yet is part of it. */
	readonly bytesAfter: number;
	/** What stays from one crowd to the next, behind a collection of all garbage each time. */
	readonly bytesKeptBefore: number;
	readonly bytesKeptAfter: number;
}

type Assault = Omit<HostileSample, 'before' | 'afterwards' | 'bytesAfter' | 'bytesKeptBefore' | 'bytesKeptAfter'>;

/** What takes part. */
interface Scene extends StartedServer {
	readonly load: Child;
	/** The second port of the server. */
	readonly flood: number;
	readonly cores: Cores;
}

interface ServerStats {
	readonly ended: Readonly<Record<HostileScenario['limit'], number>>;
	/** Bytes that peers of the second port were sent. */
	readonly flooded: number;
}

const lookMs = 100;
const looksThatAgree = 3;
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

/** What the server itself counted, of both of its ports. */
async function statsOf(server: Child, command: 'stats' | 'collect' = 'stats'): Promise<ServerStats> {
	server.tell(command);
	const {ended, flooded} = fieldsOf(await server.nextLine());
	if (typeof ended !== 'object' || ended === null || typeof flooded !== 'number') {
		throw new MeasurementError('The server did not tell its stats');
	}
	return {ended: ended as ServerStats['ended'], flooded};
}

/** Without garbage: when V8 collects its old generation is a matter of how much there is in all, not of what is still held. */
async function keptBytes(server: Child): Promise<number> {
	await statsOf(server, 'collect');
	return residentBytes(server.pid);
}

/** Waits until the kernel takes no more for the peers that do not read. */
async function fullBuffers(server: Child): Promise<void> {
	let before = -1;
	for (let same = 0; same < looksThatAgree;) {
		const {flooded} = await statsOf(server);
		same = flooded === before ? same + 1 : 0;
		before = flooded;
		await sleep(lookMs);
	}
}

/** The hostile peers come, stay, and are ended. */
async function assault(scenario: HostileScenario, {child, load, port, flood, cores}: Scene): Promise<Assault> {
	const {limit, peers, size, timeoutMs} = scenario;
	const shape = limit === 'stallTimeout' ? {mode: 'never-read', port: flood} : {mode: 'half-frame', port, size};
	const patienceMs = timeoutMs + graceMs;
	const {ended: endedBefore} = await statsOf(child);
	await mark(load);
	const given = {...shape, connections: peers, seconds: patienceMs / msPerSecond};
	const hostile = new Child('The hostile peers', loadCommand(cores, given));
	const line = await hostile.nextLine();
	if (line !== 'ready') throw new MeasurementError(`The hostile peers did not get ready, but: ${line}`);
	if (limit === 'stallTimeout') await fullBuffers(child);
	const fullAt = performance.now();
	const arriving = toService(await mark(load));
	const bytesDuring = await residentBytes(child.pid);
	const ends = parseEnds(await hostile.nextLine(patienceMs + graceMs));
	const lastEndMs = performance.now() - fullAt;
	const during = toService(await mark(load));
	await hostile.succeed();
	const {ended} = await statsOf(child);
	return {...ends, arriving, during, bytesDuring, lastEndMs, endedByLimit: ended[limit] - endedBefore[limit]};
}

async function measureScene(scenario: HostileScenario, options: Options, scene: Scene): Promise<HostileSample> {
	const {child, load} = scene;
	await sleep(options.warmupSeconds * msPerSecond);
	// The first time heaps and pools get the size that they take anyway.
	await assault(scenario, scene);
	await mark(load);
	// As long as what it is compared with.
	await sleep(scenario.timeoutMs);
	const before = toService(await mark(load));
	const bytesKeptBefore = await keptBytes(child);
	const found = await assault(scenario, scene);
	await sleep(options.seconds * msPerSecond);
	const bytesAfter = await residentBytes(child.pid);
	await mark(load);
	await sleep(scenario.timeoutMs);
	const afterwards = toService(await mark(load));
	return {...found, before, afterwards, bytesAfter, bytesKeptBefore, bytesKeptAfter: await keptBytes(child)};
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
		const flood = await floodPort(server.child);
		const sample = await measureScene(scenario, options, {...server, load, flood, cores});
		load.endInput();
		await load.succeed();
		return sample;
	});
}
