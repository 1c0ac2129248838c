import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {constants} from 'node:os';
import type {Options} from './options.js';

// Some machines use BBR, which paces: on the loopback that measures its timers instead of the server. The congestion
// control of a route can be chosen without changing the machine, in a network namespace of one's own.
const loopbackWithCubic = [
	'ip link set lo up',
	'ip route change local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1 congctl cubic',
].join(' && ');

const insideMarker = 'COTCP_BENCH_INSIDE';
const namespacePrefix = ['unshare', '-rn', 'sh', '-c', `${loopbackWithCubic} && exec "$@"`, 'sh'];
// Not real-time: V8's own threads would then wait for the main thread, with which they share a core, to do nothing for a
// whole time slice. Memory would be freed late and collections take many times as long.
const priorityPrefix = ['nice', '-n', '-20'] as const;
const signalExitBase = 128;

function works(prefix: string[]): boolean {
	const [program, ...args] = prefix;
	return program !== undefined && spawnSync(program, [...args, 'true'], {stdio: 'ignore'}).status === 0;
}

/** nice(1) goes on, and exits with 0, where it is not permitted. */
function mayRaisePriority(): boolean {
	const [nice, ...args] = priorityPrefix;
	return Number(spawnSync(nice, [...args, nice], {encoding: 'utf8'}).stdout) < 0;
}

/** The programs to start the measurement under; empty when there is nothing to change. Says on stderr what does not work. */
function prefixFor(options: Options): string[] {
	const prefix: string[] = [];
	if (options.highPriority) {
		if (mayRaisePriority()) prefix.push(...priorityPrefix);
		else console.error('--high-priority is not permitted here: going on at normal priority.');
	}
	if (options.namespace) {
		if (works(namespacePrefix)) prefix.push(...namespacePrefix);
		else
			console.error("No network namespace can be made here: going on with the machine's own congestion control.");
	}
	return prefix;
}

export function isInside(): boolean {
	return process.env[insideMarker] !== undefined;
}

/**
 * Runs this very command again in prepared surroundings.
 *
 * @returns its exit code, or undefined if there is nothing to prepare
 */
export async function runInside(options: Options): Promise<number | undefined> {
	const [program, ...args] = prefixFor(options);
	if (program === undefined) return undefined;
	const child = spawn(program, [...args, process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
		stdio: 'inherit',
		env: {...process.env, [insideMarker]: '1'},
	});
	// Ctrl-C reaches both; the inner one ends its servers first.
	const forward = (signal: NodeJS.Signals) => child.kill(signal);
	process.on('SIGINT', () => undefined).on('SIGTERM', forward);
	await once(child, 'exit');
	return child.exitCode ?? signalExitBase + (child.signalCode === null ? 0 : constants.signals[child.signalCode]);
}
