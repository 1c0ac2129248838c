/** Counters of one thread in memory that all threads see: it writes them, the thread that called `listen` reads them at any time. */
import {StatsCounter} from '../server/server-stats.js';
import type {ServerStats} from '../server-types.js';

type Numbers = Readonly<Record<string, number>>;

const zero = new StatsCounter().snapshot([]);
const plainNames = ['accepted', 'open', 'acceptErrors', 'handlerErrors', 'bytesRead', 'bytesWritten'] as const;
const refusedNames = Object.keys(zero.refused);
const endedNames = Object.keys(zero.ended);
const fields = plainNames.length + refusedNames.length + endedNames.length;

function toNumbers(stats: ServerStats): number[] {
	return [
		...plainNames.map(name => stats[name]),
		...refusedNames.map(name => (stats.refused as Numbers)[name] as number),
		...endedNames.map(name => (stats.ended as Numbers)[name] as number),
	];
}

function fromNumbers(numbers: ArrayLike<number>): ServerStats {
	let at = 0;
	const take = (names: readonly string[]): Numbers =>
		Object.fromEntries(names.map(name => [name, numbers[at++] as number]));
	return {
		...(take(plainNames) as unknown as ServerStats),
		refused: take(refusedNames),
		ended: take(endedNames),
	};
}

/** Each number is the sum of those. */
export function sumOf(all: readonly ServerStats[]): ServerStats {
	const sums = new Array<number>(fields).fill(0);
	for (const stats of all) {
		for (const [index, number] of toNumbers(stats).entries()) sums[index] = (sums[index] as number) + number;
	}

	return fromNumbers(sums);
}

export class SharedStats {
	readonly memory: SharedArrayBuffer;
	readonly #numbers: Float64Array;

	constructor(memory = new SharedArrayBuffer(fields * Float64Array.BYTES_PER_ELEMENT)) {
		this.memory = memory;
		this.#numbers = new Float64Array(memory);
	}

	read(): ServerStats {
		return fromNumbers(this.#numbers);
	}

	write(stats: ServerStats): void {
		this.#numbers.set(toNumbers(stats));
	}

	/** `own` and what stood there before, which costs less than the sum of two. */
	writeOnTop(past: ArrayLike<number>, own: ServerStats): void {
		const numbers = toNumbers(own);
		for (let index = 0; index < fields; index++)
			this.#numbers[index] = (past[index] as number) + (numbers[index] as number);
	}

	/** For writeOnTop: as it is now. */
	copy(): Float64Array {
		return this.#numbers.slice();
	}

	/** Its thread has ended, and with it the connections that were open. */
	writeEnd(): void {
		const {open, ended, ...others} = this.read();
		this.write({...others, open: 0, ended: {...ended, aborted: ended.aborted + open}});
	}
}
