import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import type {Readable} from 'node:stream';
import {fileURLToPath} from 'node:url';
import {typeScriptArguments} from '../shared/type-script.js';

export interface RunningServer extends AsyncDisposable {
	readonly process: ChildProcess;
	readonly pid: number;
	readonly port: number;
	readonly stderr: Readable;
	/** All it has written to stderr so far. */
	errors(): string;
	/** SIGTERM, unless another signal is given; resolves when the process has ended. */
	stop(signal?: NodeJS.Signals): Promise<void>;
}

/** `server.ts` in a process of its own, on a port that the kernel chooses; resolves when it listens. */
export async function startServer(file: string, options: readonly string[] = []): Promise<RunningServer> {
	const program = fileURLToPath(new URL('server.ts', import.meta.url));
	const child = spawn(process.execPath, [...typeScriptArguments, program, file, '--port', '0', ...options], {
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let errors = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		errors += text;
	});
	const ended = once(child, 'close');
	// A parent that ends early must not leave a server behind.
	const kill = () => child.kill('SIGKILL');
	process.once('exit', kill);
	child.once('close', () => process.removeListener('exit', kill));
	const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
		child.kill(signal);
		await ended;
	};

	const port = await firstPort(child.stdout);
	const {pid, stderr} = child;
	if (port === undefined || pid === undefined) {
		await ended;
		throw new Error(`the server did not start: ${errors}`);
	}

	return {process: child, pid, port, stderr, errors: () => errors, stop, [Symbol.asyncDispose]: stop};
}

async function firstPort(output: Readable): Promise<number | undefined> {
	for await (const line of createInterface({input: output})) {
		const port = /^listening on .*:(\d+)$/.exec(line)?.[1];
		if (port !== undefined) return Number(port);
	}

	return undefined;
}
