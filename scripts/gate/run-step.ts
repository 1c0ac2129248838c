import {spawn} from 'node:child_process';
import {once} from 'node:events';
import process from 'node:process';
import type {Writable} from 'node:stream';
import {countTests} from './count-tests.js';
import {failedNames} from './failed-names.js';

export interface Step {
	readonly name: string;
	readonly command: readonly [string, ...string[]];
	readonly limitMinutes: number;
	/** The step runs tests: none counted is a failure, whatever its exit code. */
	readonly hasTests: boolean;
}

export interface StepResult {
	readonly name: string;
	readonly seconds: number;
	readonly testsPassed: number;
	readonly testsFailed: number;
	/** Why the step failed; undefined if it passed. */
	readonly problem: string | undefined;
	/** What its tests that did not pass are called. */
	readonly failedNames: readonly string[];
}

/** At its limit a step is interrupted first, as ava then tells which tests it waits for. It gets so many ms for that. */
const lastWordsMs = 15_000;

/** Runs one step to its end or its limit, its output copied to `log` as it comes. Never rejects because of the step. */
export async function runStep({name, command, limitMinutes, hasTests}: Step, log: Writable): Promise<StepResult> {
	const started = performance.now();
	const [file, ...args] = command;
	// A process group of its own, so that at the limit nothing of the step stays behind.
	const child = spawn(file, args, {stdio: ['ignore', 'pipe', 'pipe'], detached: true});
	let output = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding('utf8').on('data', (text: string) => {
			output += text;
			log.write(text);
		});
	}

	const limit = {reached: false};
	const timers = [
		setTimeout(() => {
			limit.reached = true;
			killGroup(child.pid, 'SIGINT');
		}, limitMinutes * 60_000),
		setTimeout(
			() => {
				killGroup(child.pid, 'SIGKILL');
			},
			limitMinutes * 60_000 + lastWordsMs,
		),
	];

	const exit = await settled(once(child, 'close'));
	for (const timer of timers) clearTimeout(timer);
	// What of it is left in the background has lost its parent.
	if (limit.reached) killGroup(child.pid, 'SIGKILL');
	const {passed, failed} = countTests(output);
	const problems = [
		limit.reached ? `not done after ${limitMinutes.toFixed(1)} minutes` : undefined,
		exit === 'exit code 0' ? undefined : exit,
		failed > 0 ? `${failed} tests failed or were skipped` : undefined,
		hasTests && passed + failed === 0 ? 'no test ran' : undefined,
	].filter(problem => problem !== undefined);
	const seconds = (performance.now() - started) / 1000;
	const problem = problems.length > 0 ? problems.join(', ') : undefined;
	return {name, seconds, testsPassed: passed, testsFailed: failed, problem, failedNames: failedNames(output)};
}

async function settled(closed: Promise<unknown[]>): Promise<string> {
	try {
		const [code, signal] = (await closed) as [number | null, string | null];
		return signal === null ? `exit code ${String(code)}` : `ended by ${signal}`;
	} catch (error) {
		return String(error); // it could not be started
	}
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
	if (pid === undefined) return;
	try {
		process.kill(-pid, signal);
	} catch {
		// It has just ended by itself.
	}
}
