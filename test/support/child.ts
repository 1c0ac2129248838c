/** A Node process of its own that runs a piece of TypeScript against src. */
import {spawn} from 'node:child_process';
import path from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {within} from './wait.js';

export interface Outcome {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** Compiled if the tests are, see scripts/type-script/compile-tests.mjs. */
const index = new URL('../../src/index.ts', import.meta.url).href;
const source = pathToFileURL(path.resolve(import.meta.dirname, '../../src/index.ts')).href;
const hooks = '--import=./scripts/type-script/register.mjs';

/**
 * Runs `program`, an ES module in which everything of cotcp is imported as `cotcp`. It must end by itself. `under`: a command that
 * runs node, with its arguments; `loader`: what lets it run TypeScript, if cotcp is to be its source in any case.
 */
export async function runChild(
	program: string,
	nodeOptions: readonly string[] = [],
	under: readonly string[] = [],
	loader?: string,
): Promise<Outcome> {
	const library = loader === undefined ? index : source;
	const text = `import * as cotcp from ${JSON.stringify(library)};\n${program}`;
	const loading = loader !== undefined ? [`--import=${loader}`] : library.endsWith('.ts') ? [hooks] : [];
	const node = [process.execPath, ...nodeOptions, ...loading, '--input-type=module', '--eval', text];
	const [file = '', ...parameters] = [...under, ...node];
	const child = spawn(file, parameters, {
		cwd: fileURLToPath(new URL('../..', import.meta.url)),
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let stdout = '';
	let stderr = '';
	child.stdout.setEncoding('utf8').on('data', (piece: string) => (stdout += piece));
	child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
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
