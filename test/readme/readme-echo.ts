/** The echo server of the README as a user would run it: copied out, with the package in node_modules, by plain Node. */
import {spawn, type ChildProcessByStdio} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import type {Readable, Writable} from 'node:stream';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {findCodeBlocks, type CodeBlock} from '../../scripts/readme/code-blocks.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const clients = fileURLToPath(new URL('echo-clients.py', import.meta.url));

/** A child and the lines it prints. It is killed when the test is over. */
class Program {
	readonly exited: Promise<number | null>;
	readonly #child: ChildProcessByStdio<Writable, Readable, null>;
	readonly #lines: AsyncIterableIterator<string>;

	constructor(t: ExecutionContext, file: string, parameters: readonly string[], cwd: string) {
		const env = {...process.env, NODE_OPTIONS: ''};
		this.#child = spawn(file, parameters, {cwd, env, stdio: ['pipe', 'pipe', 'inherit']});
		this.#child.stdin.on('error', () => {}); // it has ended
		this.#lines = createInterface({input: this.#child.stdout})[Symbol.asyncIterator]();
		this.exited = new Promise(resolve => {
			this.#child.on('close', resolve);
		});
		t.teardown(async () => {
			this.#child.kill('SIGKILL');
			await this.exited;
		});
	}

	get pid(): number {
		return this.#child.pid as number;
	}

	async line(): Promise<string> {
		const {value, done} = (await this.#lines.next()) as IteratorResult<string, undefined>;
		if (done === true) throw new Error(`it has ended without a word, exit code ${String(await this.exited)}`);
		return value;
	}

	/** Lets it go on. */
	proceed(): void {
		this.#child.stdin.write('\n');
	}
}

/** The one program of the README that is marked as the echo server. */
export function echoBlock(): CodeBlock {
	const blocks = findCodeBlocks(readFileSync(path.join(root, 'README.md'), 'utf8'));
	const found = blocks.filter(({kind, language}) => kind === 'echo' && language === 'js');
	if (found[0] === undefined || found.length > 1)
		throw new Error(`the README has ${found.length} echo servers for plain Node`);
	return found[0];
}

export class EchoServer {
	readonly port: number;
	readonly #program: Program;

	private constructor(program: Program, port: number) {
		this.#program = program;
		this.port = port;
	}

	/** Resolves when it has told where it listens. */
	static async start(t: ExecutionContext): Promise<EchoServer> {
		const folder = mkdtempSync(path.join(tmpdir(), 'cotcp-readme-'));
		t.teardown(() => {
			rmSync(folder, {recursive: true, force: true});
		});
		mkdirSync(path.join(folder, 'node_modules'));
		symlinkSync(root, path.join(folder, 'node_modules/cotcp'));
		writeFileSync(path.join(folder, 'echo.mjs'), echoBlock().code);
		const program = new Program(t, process.execPath, ['echo.mjs', '0'], folder);
		const line = await program.line();
		const port = Number(/(?<port>\d+)$/u.exec(line)?.groups?.['port']);
		if (!(port > 0)) throw new Error(`it does not tell its port: ${line}`);
		return new EchoServer(program, port);
	}

	/** The most memory that it has had at any time, in bytes. */
	peakMemory(): number {
		const status = readFileSync(`/proc/${this.#program.pid}/status`, 'utf8');
		return Number(/^VmHWM:\s+(?<kibibytes>\d+) kB$/mu.exec(status)?.groups?.['kibibytes']) * 1024;
	}
}

/** A client that is not ours, doing one thing of echo-clients.py. */
export class EchoClient {
	readonly #program: Program;

	constructor(t: ExecutionContext, what: 'volume' | 'many' | 'stall', {port}: EchoServer, amount: number) {
		this.#program = new Program(t, 'python3', [clients, what, String(port), String(amount)], root);
	}

	/** What it tells next. */
	async next(): Promise<unknown> {
		return JSON.parse(await this.#program.line());
	}

	/** Lets it go on after it has told something. */
	proceed(): void {
		this.#program.proceed();
	}
}
