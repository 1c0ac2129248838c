import {spawn} from 'node:child_process';
import {createHash, randomFillSync} from 'node:crypto';
import {once} from 'node:events';
import {rmSync} from 'node:fs';
import {mkdtemp, open, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {connect} from 'cotcp';
import {startProgress} from './download/progress.js';
import {integerOption, runMain} from '../shared/arguments.js';
import {chunksOf, openRegularFile} from './shared/regular-file.js';
import {typeScriptArguments} from '../shared/type-script.js';
import {KiB, MiB} from '../shared/units.js';
import {startServer} from './start-server.js';

const usage = `Usage: npm run demo -- [options]

Makes a random file, sends it over TCP in every way that examples/file-transfer knows, verifies what has arrived.

  --size MIB  size of the file (default: 64)
  --help      this text
`;

const host = '127.0.0.1';
const timeout = 30_000;

interface Sample {
	readonly path: string;
	readonly size: number;
	/** Hexadecimal SHA-256. */
	readonly digest: string;
}

interface Row {
	readonly mode: string;
	readonly seconds: number;
	/** Bytes. */
	readonly peak: number;
	/** Bytes above what the idle server had. */
	readonly grown: number;
}

async function makeSample(folder: string, size: number): Promise<Sample> {
	const path = join(folder, 'random.bin');
	const hash = createHash('sha256');
	const file = await open(path, 'wx');
	try {
		const block = Buffer.allocUnsafeSlow(MiB);
		for (let length = 0; length < size; length += block.length) {
			hash.update(randomFillSync(block));
			await file.appendFile(block);
		}
	} finally {
		await file.close();
	}

	return {path, size, digest: hash.digest('hex')};
}

/** What a plain client does: everything up to the end is the file. */
async function receiveRaw(port: number, sample: Sample, label: string): Promise<string> {
	const hash = createHash('sha256');
	const progress = startProgress({label, total: sample.size});
	const connection = await connect({host, port, timeout});
	const buffer = Buffer.allocUnsafeSlow(256 * KiB);
	try {
		let total = 0;
		for (;;) {
			const length = await connection.readInto(buffer, {timeout});
			if (length === null) break;
			hash.update(buffer.subarray(0, length));
			total += length;
			progress.update(total);
		}

		await connection.close();
	} finally {
		connection.reset();
		progress.stop();
	}

	return hash.digest('hex');
}

/** The client in a process of its own; its progress bar goes to our terminal. */
async function receiveFramed(port: number, folder: string): Promise<string> {
	const output = join(folder, 'framed');
	const program = fileURLToPath(new URL('client.ts', import.meta.url));
	const child = spawn(process.execPath, [...typeScriptArguments, program, host, String(port), '--output', output], {
		stdio: ['ignore', 'ignore', 'inherit'],
	});
	const [code] = (await once(child, 'close')) as [number | null];
	if (code !== 0) throw new Error(`the client of the framed transfer ended with ${code}`);
	const digest = await digestOf(output);
	await rm(output);
	return digest;
}

async function digestOf(path: string): Promise<string> {
	const hash = createHash('sha256');
	const {handle, facts} = await openRegularFile(path);
	try {
		for await (const chunk of chunksOf(handle, facts.size)) hash.update(chunk);
	} finally {
		await handle.close();
	}

	return hash.digest('hex');
}

/** `VmRSS` or `VmHWM` (the highest VmRSS so far), in bytes. */
async function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> {
	const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(
		await readFile(`/proc/${pid}/status`, 'utf8'),
	)?.[1];
	if (kilobytes === undefined) throw new Error(`there is no ${field} in /proc/${pid}/status`);
	return Number(kilobytes) * KiB;
}

async function measure(
	mode: string,
	options: string[],
	sample: Sample,
	receive: (port: number) => Promise<string>,
): Promise<Row> {
	await using server = await startServer(sample.path, options);
	// Makes VmHWM start again: compiling the TypeScript took more than most transfers will.
	await writeFile(`/proc/${server.pid}/clear_refs`, '5').catch(() => {});
	const idle = await memoryOf(server.pid, 'VmRSS');
	const start = performance.now();
	const digest = await receive(server.port);
	const seconds = (performance.now() - start) / 1000;
	if (digest !== sample.digest)
		throw new Error(`${mode}: the file that arrived is not the file that was sent\n${server.errors()}`);
	const peak = await memoryOf(server.pid, 'VmHWM');
	return {mode, seconds, peak, grown: Math.max(0, peak - idle)};
}

function printTable(rows: readonly Row[], size: number): void {
	const lines = [
		['mode', 'seconds', 'MiB/s', 'peak memory of the server', 'above idle'],
		...rows.map(({mode, seconds, peak, grown}) => [
			mode,
			seconds.toFixed(2),
			(size / MiB / seconds).toFixed(0),
			`${(peak / MiB).toFixed(0)} MiB`,
			`${(grown / MiB).toFixed(0)} MiB`,
		]),
	];
	const widthOf = (column: number) => Math.max(...lines.map(line => line[column]?.length ?? 0));
	for (const [mode = '', ...numbers] of lines) {
		const cells = [mode.padEnd(widthOf(0)), ...numbers.map((number, index) => number.padStart(widthOf(index + 1)))];
		process.stdout.write(`${cells.join('  ')}\n`);
	}
}

async function runAll(folder: string, size: number): Promise<void> {
	process.stdout.write(`making a random file of ${size / MiB} MiB\n`);
	const sample = await makeSample(folder, size);
	const rows: Row[] = [];
	for (const mode of ['whole', 'chunked', 'owned', 'sendfile']) {
		rows.push(await measure(mode, ['--mode', mode], sample, async port => receiveRaw(port, sample, mode)));
	}

	for (const mode of ['whole', 'chunked', 'owned']) {
		const label = `${mode}, reactor`;
		const options = ['--mode', mode, '--style', 'reactor'];
		rows.push(await measure(label, options, sample, async port => receiveRaw(port, sample, label)));
	}

	rows.push(await measure('framed', ['--framed'], sample, async port => receiveFramed(port, folder)));
	printTable(rows, size);
	process.stdout.write('seconds of framed include starting client.ts, which writes the file to the disk\n');
	process.stdout.write(`every transfer has SHA-256 ${sample.digest}\n`);
}

async function main(args: string[]): Promise<void> {
	const {values} = parseArgs({
		args,
		options: {size: {type: 'string', default: '64'}, help: {type: 'boolean', default: false}},
	});
	if (values.help) {
		process.stdout.write(usage);
		return;
	}

	const size = integerOption('--size', values.size, 1, 65_536) * MiB;
	const folder = await mkdtemp(join(tmpdir(), 'cotcp-demo-'));
	process.once('SIGINT', () => process.exit(130));
	process.once('SIGTERM', () => process.exit(143));
	process.once('exit', () => rmSync(folder, {recursive: true, force: true}));
	try {
		await runAll(folder, size);
	} finally {
		await rm(folder, {recursive: true, force: true});
	}
}

await runMain(main);
