/** Programs of the examples in processes of their own, for tests. */
import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import type {Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {typeScriptArguments} from './type-script.js';

export interface Finished {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** A program that has printed `listening on ADDRESS:PORT`. */
export interface ListeningProgram extends AsyncDisposable {
	readonly process: ChildProcess;
	readonly pid: number;
	/** As printed. */
	readonly address: string;
	readonly port: number;
	/** All it has written to stdout so far, the line above included. */
	printed(): string;
	/** All it has written to stderr so far. */
	errors(): string;
	/** Resolves when it has written to stderr what matches. */
	tells(pattern: RegExp): Promise<void>;
	/** Resolves to the exit code when it has ended; null: by a signal. */
	stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** Runs a program to its end. `under`: a command that runs it, with its arguments; `loader`: arguments of node, so that it runs TypeScript. */
export async function runProgram(
	path: string,
	args: readonly string[],
	under: readonly string[] = [],
	loader = typeScriptArguments,
): Promise<Finished> {
	const [file = '', ...rest] = [...under, process.execPath, ...loader, path, ...args];
	const child = spawn(file, rest, {stdio: ['ignore', 'pipe', 'pipe']});
	const closed = once(child, 'close') as Promise<[number | null]>;
	const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
	return {code, stdout, stderr};
}

/** Starts a program; resolves when it listens. */
export async function startProgram(
	path: string,
	args: readonly string[],
	loader = typeScriptArguments,
): Promise<ListeningProgram> {
	const child = spawn(process.execPath, [...loader, path, ...args], {stdio: ['ignore', 'pipe', 'pipe']});
	let errors = '';
	let printed = '';
	child.stdout.on('data', (piece: Buffer | string) => {
		printed += String(piece);
	});
	child.stderr.setEncoding('utf8').on('data', (piece: string) => {
		errors += piece;
	});
	const ended = once(child, 'close') as Promise<[number | null]>;
	// A parent that ends early must not leave it behind.
	const kill = () => child.kill('SIGKILL');
	process.once('exit', kill);
	child.once('close', () => process.removeListener('exit', kill));
	const stop = async (signal: NodeJS.Signals) => {
		child.kill(signal);
		const [code] = await ended;
		return code;
	};

	const place = await firstPlace(child.stdout);
	const {pid} = child;
	if (place === undefined || pid === undefined) {
		await ended;
		throw new Error(`it did not start: ${errors}`);
	}

	return {
		process: child,
		pid,
		...place,
		printed: () => printed,
		errors: () => errors,
		async tells(pattern) {
			while (!pattern.test(errors)) await once(child.stderr, 'data');
		},
		stop,
		async [Symbol.asyncDispose]() {
			await stop('SIGKILL');
		},
	};
}

async function firstPlace(output: Readable): Promise<{address: string; port: number} | undefined> {
	for await (const line of createInterface({input: output})) {
		const {address, port} = /^listening on (?<address>.*):(?<port>\d+)$/u.exec(line)?.groups ?? {};
		if (address !== undefined) return {address, port: Number(port)};
	}

	return undefined;
}
