/**
 * Fixtures of test/process in processes of their own. They import the package by its name, as a user would, so what is
 * tested is dist: `npm run build:ts` has to come first. They tell what happens as lines of JSON.
 */
import assert from 'node:assert/strict';
import {spawn, type ChildProcessByStdio} from 'node:child_process';
import {readdirSync, readFileSync, statSync} from 'node:fs';
import path from 'node:path';
import {createInterface} from 'node:readline';
import type {Readable, Writable} from 'node:stream';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';

const root = fileURLToPath(new URL('../../', import.meta.url));

function newest(directory: string, extension: string): number {
	const times = readdirSync(path.join(root, directory), {recursive: true, encoding: 'utf8'})
		.filter(file => file.endsWith(extension))
		.map(file => statSync(path.join(root, directory, file)).mtimeMs);
	return Math.max(...times);
}

/** Tests of yesterday's library would be worse than none. */
function assertBuilt(): void {
	assert(newest('dist', '.js') >= newest('src', '.ts'), 'dist is older than src: "npm run build:ts" first');
}

export interface ChildOptions {
	/** For node. */
	readonly execArgv?: readonly string[];
	/** A command that runs node, such as strace with its arguments. */
	readonly under?: readonly string[];
	/** Limit of descriptors, soft and hard: node raises the soft one to the hard one. */
	readonly descriptors?: number;
	/** Shows stderr instead of keeping it. */
	readonly inheritStderr?: boolean;
}

export interface Exit {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
}

export class Child {
	readonly exited: Promise<Exit>;
	stderr = '';
	readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
	readonly #lines: AsyncIterableIterator<string>;

	private constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
		this.#child = child;
		this.#lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
		child.stdin.on('error', () => {}); // it has ended
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			this.stderr += text;
		});
		this.exited = new Promise(resolve => {
			child.on('close', (code, signal) => {
				resolve({code, signal});
			});
		});
	}

	/** Runs test/process/fixtures/NAME.mjs. It is killed when the test is over. */
	static start(
		t: ExecutionContext,
		name: string,
		parameters: readonly string[] = [],
		options: ChildOptions = {},
	): Child {
		assertBuilt();
		const fixture = path.join(root, 'test/process/fixtures', `${name}.mjs`);
		const {execArgv = [], under = [], descriptors} = options;
		const command = [...under, process.execPath, ...execArgv, fixture, ...parameters];
		const limited =
			descriptors === undefined ? command : ['sh', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh', ...command];
		const [file = '', ...rest] = limited;
		const child = spawn(file, rest, {
			cwd: root,
			stdio: ['pipe', 'pipe', 'pipe'],
			env: {...process.env, NODE_OPTIONS: ''},
		});
		t.teardown(() => {
			child.kill('SIGKILL');
		});
		return new Child(child);
	}

	get pid(): number {
		return this.#child.pid as number;
	}

	/** What it tells next. */
	async next<Told>(): Promise<Told> {
		const {value, done} = (await this.#lines.next()) as IteratorResult<string, undefined>;
		if (done === true)
			throw new Error(`it has ended without a word: ${JSON.stringify(await this.exited)} ${this.stderr}`);
		return JSON.parse(value) as Told;
	}

	/** A line on its stdin. */
	tell(line: string): void {
		this.#child.stdin.write(`${line}\n`);
	}

	/** The end of its stdin. */
	finish(): void {
		this.#child.stdin.end();
	}

	kill(signal: NodeJS.Signals): void {
		this.#child.kill(signal);
	}

	/** CPU time so far, user and system, in ms. */
	cpuMs(): number {
		const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
		const ticksPerSecond = 100; // USER_HZ, fixed by the kernel's ABI
		return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
	}
}
