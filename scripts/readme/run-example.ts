import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import process from 'node:process';
import {setTimeout as wait} from 'node:timers/promises';
import {checkEcho} from './echo-check.js';
import {listeningOf} from './listening.js';

const limitMs = 60_000;
const lookAgainMs = 50;

/** An example that turned out to be a server: it stays for the clients that follow it in the text. */
export interface RunningServer {
	stop(): Promise<void>;
}

/**
 * Runs the program in `file` until it ends by itself, which has to be with exit code 0, or until it listens.
 * With `echo` it must listen, and echo.
 */
export async function runExample(file: string, echo: boolean): Promise<RunningServer | undefined> {
	// A .mjs example is for plain Node: nothing may lower its syntax.
	const loader = file.endsWith('.mts') ? ['--import=tsx'] : [];
	const child = spawn(process.execPath, [...loader, file], {stdio: ['ignore', 'pipe', 'pipe']});
	let output = '';
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
	const ended = once(child, 'close');
	try {
		const listens = await untilEndOrListening(child);
		if (!listens) {
			await ended;
			if (child.exitCode !== 0) throw new Error(`exit code ${String(child.exitCode)}`);
			if (echo) throw new Error('it ended instead of listening');
			return undefined;
		}

		if (echo) await checkEcho(portOf(child));
		if (child.exitCode !== null) throw new Error(`the server ended with exit code ${child.exitCode}`);
		return {
			stop: async () => {
				child.kill();
				await ended;
			},
		};
	} catch (error) {
		child.kill('SIGKILL');
		throw new Error(`${String(error)}\n${output}`.trim(), {cause: error});
	}
}

/** true: it listens. */
async function untilEndOrListening(child: ChildProcess): Promise<boolean> {
	const deadline = performance.now() + limitMs;
	while (performance.now() < deadline) {
		if (child.exitCode !== null || child.signalCode !== null) return false;
		const {tcpPorts, unix} = listeningOf(child.pid ?? 0);
		if (tcpPorts.length > 0 || unix) return true;
		await wait(lookAgainMs);
	}

	throw new Error(`neither ended nor listened within ${limitMs / 1000} s`);
}

function portOf(child: ChildProcess): number {
	const [port] = listeningOf(child.pid ?? 0).tcpPorts;
	if (port === undefined) throw new Error('it listens on no TCP port');
	return port;
}
