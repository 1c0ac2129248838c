/** A Node process of its own that runs a piece of TypeScript against src. */
import {spawn} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {within} from './wait.js';

export interface Outcome {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly stdout: string;
	readonly stderr: string;
}

const index = new URL('../../src/index.ts', import.meta.url).href;

/**
 * Runs `program`, an ES module in which everything of cotcp is imported as `cotcp`. It must end by itself. `under`: a command that
 * runs node, with its arguments; `loader`: what lets it run TypeScript.
 */
export async function runChild(
	program: string,
	nodeOptions: readonly string[] = [],
	under: readonly string[] = [],
	loader = './scripts/type-script/register.mjs',
): Promise<Outcome> {
	const source = `import * as cotcp from ${JSON.stringify(index)};\n${program}`;
	const node = [process.execPath, ...nodeOptions, `--import=${loader}`, '--input-type=module', '--eval', source];
	const [file = '', ...parameters] = [...under, ...node];
	const child = spawn(file, parameters, {
		cwd: fileURLToPath(new URL('../..', import.meta.url)),
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let stdout = '';
	let stderr = '';
	child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
	child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
	const ended = new Promise<Outcome>(resolve => {
		child.once('close', (code, signal) => {
			resolve({code, signal, stdout, stderr});
		});
	});
	try {
		return await within(ended, `the end of the child (${stdout}${stderr})`, 30_000);
	} finally {
		child.kill('SIGKILL');
	}
}
