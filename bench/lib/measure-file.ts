import {createHash, randomFillSync} from 'node:crypto';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Child, MeasurementError, withServer} from './children.js';
import type {Cores} from './cores.js';
import type {FileServer} from './file-servers.js';
import type {Options} from './options.js';
import {serversFolder} from './paths.js';

/** One run of one server that sends a file. */
export interface FileSample {
	readonly bytesPerSecond: number;
	/** Server CPU, user and system, of all its threads. */
	readonly cpuSecondsPerByte: number;
	/** Share of the measured time that the server was on a core, 0 to 1 (more with threads). */
	readonly serverBusy: number;
}

export interface SampleFile {
	readonly path: string;
	/** Hexadecimal. */
	readonly sha256: string;
}

// A receiver ends by itself; this is for one that hangs.
const graceMs = 60_000;
const msPerSecond = 1000;

/** Random bytes, in the page cache: the disk is not what is measured. Gone when the process ends. */
export function makeSampleFile(bytes: number): SampleFile {
	const folder = mkdtempSync(path.join(tmpdir(), 'cotcp-bench-'));
	process.once('exit', () => {
		rmSync(folder, {recursive: true, force: true});
	});
	const file = path.join(folder, 'random');
	const content = randomFillSync(Buffer.allocUnsafeSlow(bytes));
	writeFileSync(file, content);
	return {path: file, sha256: createHash('sha256').update(content).digest('hex')};
}

function toSample(line: string): FileSample {
	const report = JSON.parse(line) as Partial<Record<'bytes' | 'seconds' | 'serverCpuSeconds', unknown>>;
	const {bytes, seconds, serverCpuSeconds} = report;
	if (typeof bytes !== 'number' || typeof seconds !== 'number' || typeof serverCpuSeconds !== 'number') {
		throw new MeasurementError(`The receiver of files reported something else: ${line}`);
	}
	return {
		bytesPerSecond: bytes / seconds,
		cpuSecondsPerByte: serverCpuSeconds / bytes,
		serverBusy: serverCpuSeconds / seconds,
	};
}

/** @throws MeasurementError for a wrong byte, or a server that fails */
export async function measureFile(
	{path: file, sha256}: SampleFile,
	{title, program}: FileServer,
	{seconds, warmupSeconds}: Options,
	cores: Cores,
): Promise<FileSample> {
	const command = [...cores.server, process.execPath, program, '--file', file];
	return withServer(title, command, async ({child, port}) => {
		const given = {port, 'server-pid': child.pid, sha256, seconds, warmup: warmupSeconds};
		const receiver = new Child(`The receiver of ${title}`, [
			...cores.load,
			process.execPath,
			path.join(serversFolder, 'file-receiver.mjs'),
			...Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]),
		]);
		const line = await receiver.nextLine((seconds + warmupSeconds) * msPerSecond + graceMs);
		await receiver.succeed();
		return toSample(line);
	});
}
