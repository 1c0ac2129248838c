/** What tests of RemoteConnection share. */
import {Worker} from 'node:worker_threads';
import type {ExecutionContext} from 'ava';
import {within} from '../support/wait.js';

const trap = (): never => {
	throw new Error('a trap ran');
};

/** No tokens. */
export const wrongTokens: ReadonlyArray<{readonly name: string; readonly value: unknown}> = [
	{name: 'undefined', value: undefined},
	{name: 'null', value: null},
	{name: 'a string', value: 'cotcp.remote'},
	{name: 'an id', value: 1_048_577n},
	{name: 'an object without an id', value: {kind: 'cotcp.remote'}},
	{name: 'another kind', value: {kind: 'cotcp.timer', id: 1_048_577n}},
	{name: 'an id that is a number', value: {kind: 'cotcp.remote', id: 1_048_577}},
	{name: 'a negative id', value: {kind: 'cotcp.remote', id: -1n}},
	{name: 'an id without a generation', value: {kind: 'cotcp.remote', id: 5n}},
	{name: 'an id with the bit that no id has', value: {kind: 'cotcp.remote', id: (1n << 51n) | (1n << 20n)}},
	{name: 'an id beyond all threads', value: {kind: 'cotcp.remote', id: (1n << 84n) | (1n << 20n)}},
	{name: 'an array', value: ['cotcp.remote', 1_048_577n]},
	{name: 'a proxy whose traps throw', value: new Proxy({}, {get: trap, has: trap, getPrototypeOf: trap})},
];

/** A thread that runs one of the fixtures, and what it has told, in order. */
export class Thread<Told> {
	readonly worker: Worker;
	readonly exited: Promise<number>;
	readonly #told: Told[] = [];
	#onTold: (() => void) | undefined;

	constructor(t: ExecutionContext, fixture: string, data: Readonly<Record<string, unknown>> = {}) {
		this.worker = new Worker(new URL(`fixtures/${fixture}.mjs`, import.meta.url), {workerData: data, execArgv: []});
		this.worker.on('message', (told: Told) => {
			this.#told.push(told);
			this.#onTold?.();
		});
		this.exited = new Promise((resolve, reject) => {
			this.worker.once('exit', resolve);
			this.worker.once('error', reject);
		});
		t.teardown(() => this.worker.terminate());
	}

	/** The next thing that it tells. */
	async next(what: string, ms = 60_000): Promise<Told> {
		if (this.#told.length === 0) {
			const told = new Promise<void>(resolve => {
				this.#onTold = resolve;
			});
			await within(Promise.race([told, this.exited]), what, ms);
		}

		if (this.#told.length === 0) throw new Error(`The thread ended before it told ${what}`);
		return this.#told.shift() as Told;
	}

	/** So many things that it has told and nobody has asked for. */
	get untold(): number {
		return this.#told.length;
	}

	tell(message: unknown): void {
		this.worker.postMessage(message);
	}

	run(action: string, ...values: readonly unknown[]): void {
		this.worker.postMessage({run: action, values});
	}
}
