import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import type {Readable, Writable} from 'node:stream';

/** A server or the load generator did not do its part: the figures would be worthless. */
export class MeasurementError extends Error {
	override readonly name = 'MeasurementError';
}

const startTimeoutMs = 30_000;
const running = new Set<ChildProcess>();
const brokenOffExit = 1;

/** A run that is broken off leaves no server behind. */
export function killChildrenAtExit(): void {
	process.on('exit', () => {
		for (const child of running) child.kill('SIGKILL');
	});
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(brokenOffExit));
}

/** A process whose standard output is read line by line. Its stderr goes to ours. */
export class Child {
	readonly pid: number;
	readonly #title: string;
	readonly #process: ChildProcess;
	readonly #stdin: Writable;
	readonly #lines: AsyncIterator<string>;
	readonly #ended: Promise<unknown>;

	constructor(title: string, command: readonly string[]) {
		const [program = '', ...args] = command;
		const child = spawn(program, args, {stdio: ['pipe', 'pipe', 'inherit']});
		// Without a listener a program that is missing would crash the runner; the missing pid tells it too.
		child.on('error', () => undefined);
		if (child.pid === undefined) throw new MeasurementError(`${title} could not be started: ${command.join(' ')}`);
		running.add(child);
		this.#ended = once(child, 'exit').finally(() => running.delete(child));
		this.pid = child.pid;
		this.#title = title;
		this.#process = child;
		this.#stdin = child.stdin;
		this.#lines = linesOf(child.stdout);
	}

	get isRunning(): boolean {
		return this.#process.exitCode === null && this.#process.signalCode === null;
	}

	/** @throws MeasurementError if none comes in time, or the process ends */
	async nextLine(timeoutMs = startTimeoutMs): Promise<string> {
		const timer = setTimeout(() => this.#process.kill('SIGKILL'), timeoutMs);
		try {
			const line = await this.#lines.next();
			if (!line.done) return line.value;
		} finally {
			clearTimeout(timer);
		}
		await this.#ended;
		throw new MeasurementError(`${this.#title} ended early, ${this.#describeEnd()}`);
	}

	/** A line on its standard input. */
	tell(line: string): void {
		this.#stdin.write(`${line}\n`);
	}

	endInput(): void {
		this.#stdin.end();
	}

	/** @throws MeasurementError unless it ends by itself with exit code 0 */
	async succeed(): Promise<void> {
		await this.#ended;
		if (this.#process.exitCode !== 0) throw new MeasurementError(`${this.#title} failed, ${this.#describeEnd()}`);
	}

	async stop(): Promise<void> {
		this.#process.kill('SIGTERM');
		await this.#ended;
	}

	#describeEnd(): string {
		const {exitCode, signalCode} = this.#process;
		return signalCode === null ? `with exit code ${String(exitCode)}` : `by ${signalCode}`;
	}
}

function linesOf(output: Readable): AsyncIterator<string> {
	return createInterface({input: output, crlfDelay: Infinity})[Symbol.asyncIterator]();
}

/** A started server and the port that it printed. */
export interface StartedServer {
	readonly child: Child;
	readonly port: number;
}

export async function startServer(title: string, command: readonly string[]): Promise<StartedServer> {
	const child = new Child(title, command);
	const line = await child.nextLine();
	const port = Number(/^listening on \S+:(\d+)$/u.exec(line)?.[1]);
	if (!Number.isInteger(port)) throw new MeasurementError(`${title} did not say where it listens, but: ${line}`);
	return {child, port};
}

/** Runs `use` against a fresh server. @throws MeasurementError if the server did not outlive it */
export async function withServer<Result>(
	title: string,
	command: readonly string[],
	use: (server: StartedServer) => Promise<Result>,
): Promise<Result> {
	const server = await startServer(title, command);
	try {
		const result = await use(server);
		if (!server.child.isRunning) throw new MeasurementError(`${title} died while it was measured`);
		return result;
	} finally {
		await server.child.stop();
	}
}
