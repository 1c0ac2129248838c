import {createHash, type Hash} from 'node:crypto';
import {stat} from 'node:fs/promises';
import {basename} from 'node:path';
import {connect, type CoTcpConnection} from 'cotcp';
import {digestAlgorithm, digestLength} from '../framed/protocol.js';
import {messageOf} from '../../shared/errors.js';
import type {FileFacts} from '../shared/regular-file.js';
import {formatBytes, KiB} from '../../shared/units.js';
import {PartError, PartFile, partPath} from './part-file.js';
import {startProgress, type Progress, type ProgressOptions} from './progress.js';
import {plainBaseName, ReplyError, requestFile} from './reply.js';

export interface DownloadOptions {
	readonly host: string;
	readonly port: number;
	/** Default: the name that the server gives, in the current directory, where it must not exist yet. */
	readonly output?: string | undefined;
	readonly resume: boolean;
	/** Ms without a byte from the server. */
	readonly timeout: number;
	/** Where to tell how it goes. Default: stderr. */
	readonly log?: ProgressOptions['stream'];
}

export interface Downloaded {
	readonly output: string;
	readonly size: number;
	/** Hexadecimal. */
	readonly digest: string;
}

const receiveLength = 256 * KiB;

/** Rejects unless the whole file is there, verified, under its own name. */
export async function download(options: DownloadOptions): Promise<Downloaded> {
	if (options.output !== undefined) await refuseDirectory(options.output);
	const part = options.resume ? await PartFile.resume(options.output ?? (await askName(options))) : undefined;
	try {
		return await withConnection(options, async connection => receive(connection, options, part));
	} finally {
		await part?.close();
	}
}

/** An end other than a good one is a reset: closing in good order would wait for a server that may still be sending. */
async function withConnection<T>(
	options: DownloadOptions,
	use: (connection: CoTcpConnection) => Promise<T>,
): Promise<T> {
	const {host, port, timeout} = options;
	const connection = await connect({host, port, timeout});
	try {
		const result = await use(connection);
		await connection.close({timeout});
		return result;
	} catch (error) {
		connection.reset();
		throw error;
	}
}

/** What to resume has the server's name, which only a header tells; the bytes that follow it are not wanted. */
async function askName(options: DownloadOptions): Promise<string> {
	const {host, port, timeout} = options;
	const connection = await connect({host, port, timeout});
	try {
		return plainBaseName((await requestFile(connection, 0, timeout)).name);
	} finally {
		connection.reset();
	}
}

async function receive(
	connection: CoTcpConnection,
	options: DownloadOptions,
	resumed: PartFile | undefined,
): Promise<Downloaded> {
	const facts = await requestFile(connection, resumed?.length ?? 0, options.timeout);
	const output = options.output ?? plainBaseName(facts.name);
	if (options.output === undefined) await refuseExisting(output);
	if (resumed !== undefined) checkSameFile(resumed.facts, facts, output);
	const part = resumed ?? (await PartFile.create(output, facts));
	try {
		const {expected, actual} = await receiveContent(connection, part, output, options);
		if (!actual.equals(expected)) await refuseContent(part, output);
		await part.complete();
		return {output, size: facts.size, digest: actual.toString('hex')};
	} finally {
		await part.close();
	}
}

async function receiveContent(
	connection: CoTcpConnection,
	part: PartFile,
	output: string,
	{timeout, log = process.stderr}: DownloadOptions,
): Promise<{expected: Buffer; actual: Buffer}> {
	const hash = createHash(digestAlgorithm);
	try {
		if (part.length > 0) log.write(`going on after ${formatBytes(part.length)} that are already here\n`);
		// The digest is that of the whole file, so what an earlier download left is verified too.
		for await (const chunk of part.chunks()) hash.update(chunk);
		const progress = startProgress({
			label: basename(output),
			total: part.facts.size,
			start: part.length,
			stream: log,
		});
		await receiveBytes(connection, part, hash, timeout, progress).finally(() => progress.stop());
		return {expected: await connection.readExactly(digestLength, {timeout}), actual: hash.digest()};
	} catch (error) {
		throw new PartError(
			`${messageOf(error)}; the first ${part.length} of ${part.facts.size} bytes are in ${partPath(output)}, ` +
				'go on with --resume',
			{cause: error},
		);
	}
}

async function refuseContent(part: PartFile, output: string): Promise<never> {
	await part.condemn();
	throw new PartError(
		`the bytes do not have the SHA-256 that the server gives; they stay in ${partPath(output)}, ` +
			'which cannot be resumed: start again without --resume',
	);
}

async function receiveBytes(
	connection: CoTcpConnection,
	part: PartFile,
	hash: Hash,
	timeout: number,
	progress: Progress,
): Promise<void> {
	const {size} = part.facts;
	const buffer = Buffer.allocUnsafeSlow(receiveLength);
	while (part.length < size) {
		const room = buffer.subarray(0, Math.min(buffer.length, size - part.length));
		const length = await connection.readInto(room, {timeout});
		if (length === null) throw new ReplyError('the server ended too early');
		hash.update(room.subarray(0, length));
		await part.append(room.subarray(0, length));
		progress.update(part.length);
	}
}

function checkSameFile(here: FileFacts, there: FileFacts, output: string): void {
	if (here.name === there.name && here.size === there.size && here.mtimeNs === there.mtimeNs) return;
	throw new PartError(
		`cannot resume ${partPath(output)}: it is a part of another file than the server has now; ` +
			'start again without --resume',
	);
}

async function refuseDirectory(output: string): Promise<void> {
	const stats = await stat(output).catch(() => undefined);
	if (stats?.isDirectory() === true) throw new PartError(`--output must be a file, but '${output}' is a directory`);
}

/** A server must not be able to choose what is overwritten here. */
async function refuseExisting(output: string): Promise<void> {
	const stats = await stat(output).catch(() => undefined);
	if (stats !== undefined) throw new PartError(`'${output}' exists already; to replace it, name it with --output`);
}
