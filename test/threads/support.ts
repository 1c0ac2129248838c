/**
 * Servers with threads in a process of their own, which runs dist without tsx: its hooks cost each worker a second. And peers that see a reset for
 * what it is.
 */
import type {ExecutionContext} from 'ava';
import {
	connect,
	type CoTcpConnection,
	type DrainResult,
	type ServerOptions,
	type ServerStats,
	type SocketAddress,
	type ThreadOptions,
} from '../../src/index.js';
import {Child} from '../support/process-child.js';

/** An error as the process shows it. */
export interface Shown {
	readonly class?: string;
	readonly name?: string;
	readonly message?: string;
	readonly code?: string;
	readonly syscall?: string;
	readonly isTcpError?: boolean;
	readonly isWarning?: boolean;
	readonly hasStack?: boolean;
	readonly cause?: Shown;
	readonly shown?: unknown;
}

interface Line {
	readonly id?: number;
	readonly value?: unknown;
	readonly thrown?: Shown;
	readonly error?: Shown;
	readonly hasConnection?: boolean;
	readonly at?: number;
}

export function fixture(name: string): string {
	return new URL(`fixtures/${name}`, import.meta.url).pathname;
}

export const commands: string = fixture('commands.mjs');
export const dispatches = ['round-robin', 'reuseport'] as const;

type Options = Omit<ServerOptions, 'threads' | 'blockList'> & {readonly threads?: Partial<ThreadOptions>};

/** What a call in the process threw. */
export class HostError extends Error {
	readonly shown: Shown;

	constructor(shown: Shown) {
		super(shown.message);
		this.shown = shown;
	}
}

export class Host {
	readonly child: Child;
	address: SocketAddress = {address: '', port: 0, family: 'ipv4'};
	/** What onError was told, and when, in ms of that process. */
	readonly errors: Array<Shown & {readonly hasConnection: boolean; readonly at: number}> = [];
	readonly #answers = new Map<number, (line: Line) => void>();
	#onError: (() => void) | undefined;
	#nextId = 1;

	constructor(t: ExecutionContext, execArgv: readonly string[] = []) {
		this.child = Child.start(t, '../../threads/fixtures/host', [], {execArgv});
		void this.#hear();
	}

	/** On 127.0.0.1 unless it has a path, with two threads that run the commands. */
	static async listen(t: ExecutionContext, options: Options = {}, more: object = {}): Promise<Host> {
		const host = new Host(t);
		await host.listen(options, more);
		return host;
	}

	async listen({threads, ...options}: Options = {}, more: object = {}, call = 'listen'): Promise<{accepted: number}> {
		const place = options.path === undefined ? {port: 0, host: '127.0.0.1'} : {};
		const all = {...place, ...options, threads: {count: 2, module: commands, ...threads}};
		const told = await this.call<{address: SocketAddress; accepted: number}>(call, {options: all, ...more});
		this.address = told.address;
		return told;
	}

	async call<Value>(call: string, parameters: object = {}): Promise<Value> {
		const id = this.#nextId++;
		const answer = new Promise<Line>(resolve => {
			this.#answers.set(id, resolve);
		});
		this.child.tell(JSON.stringify({id, call, ...parameters}));
		const {value, thrown} = await answer;
		if (thrown !== undefined) throw new HostError(thrown);
		return value as Value;
	}

	stats(): Promise<ServerStats> {
		return this.call('stats');
	}

	close(timeout?: number): Promise<DrainResult> {
		return this.call('close', {timeout});
	}

	/** The first errors, as soon as there are so many. */
	async told(count: number): Promise<typeof this.errors> {
		while (this.errors.length < count) {
			await new Promise<void>(resolve => {
				this.#onError = resolve;
			});
		}

		return this.errors;
	}

	/** Resolves when the counters are as they have to be. */
	async until(fact: (stats: ServerStats) => boolean): Promise<ServerStats> {
		for (;;) {
			const stats = await this.stats();
			if (fact(stats)) return stats;
		}
	}

	/** A peer that has said what the handler has to do. */
	async dial(t: ExecutionContext, command?: string, from?: string): Promise<CoTcpConnection> {
		const {address, port, path} = this.address;
		const local = from === undefined ? {} : {localAddress: from};
		const connection = await connect(path === undefined ? {host: address, port, ...local} : {path});
		t.teardown(() => {
			connection.reset();
		});
		if (command !== undefined) await connection.send(`${command}\n`);
		return connection;
	}

	/** How a newcomer ends that is not taken: being reset may show as a failure to connect. */
	async endOfNewcomer(t: ExecutionContext, from?: string): Promise<string> {
		const peer = await this.dial(t, undefined, from).catch((error: unknown) => (error as {code: string}).code);
		return typeof peer === 'string' ? peer : endOf(peer);
	}

	/** Which threads have so many new connections, one after the other; they stay open. */
	async visit(t: ExecutionContext, peers: number): Promise<Who[]> {
		const all: Who[] = [];
		for (let peer = 0; peer < peers; peer++) all.push(await whoServes(await this.dial(t)));
		return all;
	}

	async #hear(): Promise<void> {
		try {
			for (;;) {
				const line = await this.child.next<Line>();
				if (line.error !== undefined) {
					this.errors.push({...line.error, hasConnection: line.hasConnection ?? false, at: line.at ?? NaN});
					this.#onError?.();
				} else if (line.id !== undefined) {
					this.#answers.get(line.id)?.(line);
					this.#answers.delete(line.id);
				}
			}
		} catch {
			// It has ended.
			for (const answer of this.#answers.values())
				answer({thrown: {message: `it has ended ${this.child.stderr}`}});
		}
	}
}

export interface Who {
	readonly index: number;
	readonly count: number;
	readonly data: unknown;
	readonly name: string;
	readonly id: string;
	readonly threadId: number;
}

/** Which thread has it; it stays open. */
export async function whoServes(connection: CoTcpConnection): Promise<Who> {
	await connection.send('who\n');
	return JSON.parse((await connection.readLine()) ?? '') as Who;
}

/** How a peer sees the end: 'end', or the code of the error. */
export async function endOf(connection: CoTcpConnection): Promise<string> {
	try {
		while ((await connection.read()) !== null);
		return 'end';
	} catch (error) {
		return (error as {code: string}).code;
	}
}

/** What the call threw in the process. */
export async function thrownBy(call: Promise<unknown>): Promise<Shown> {
	const error: unknown = await call.then(
		() => undefined,
		(thrown: unknown) => thrown,
	);
	if (error instanceof HostError) return error.shown;
	throw new Error('it has thrown nothing', {cause: error});
}
