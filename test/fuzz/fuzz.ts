/** Hostile input for a decoder, case after case; the same seed makes the same cases. */
import {inspect} from 'node:util';
import {AllocationCount} from './allocations.js';
import {Random} from './random.js';
import {runTrial, type Watch} from './run-trial.js';
import type {Target} from './targets.js';

export interface FuzzOptions {
	readonly seed: number;
	/** Number of the first case. */
	readonly first: number;
	readonly cases: number;
	/** Called after every so many cases. */
	readonly onProgress?: ((done: number) => void) | undefined;
}

/** One case in so many measures the process around each call of decode. */
const measuredEvery = 64;
const progressEvery = 20_000;

/** Resolves to the most bytes that one call of decode took beyond the limit. @throws Error that says how to run the case again */
export async function fuzz(target: Target, {seed, first, cases, onProgress}: FuzzOptions): Promise<number> {
	const allocations = new AllocationCount();
	const watch = {allocations, isMeasured: false, mostBeyondLimit: 0};
	try {
		for (let index = first; index < first + cases; index++) {
			watch.isMeasured = index % measuredEvery === 0;
			await runCase(target, seed, index, watch);
			if ((index - first + 1) % progressEvery === 0) onProgress?.(index - first + 1);
		}
	} finally {
		allocations.stop();
	}

	return watch.mostBeyondLimit;
}

async function runCase(target: Target, seed: number, index: number, watch: Watch): Promise<void> {
	const random = new Random(seed, index);
	const trial = target.make(random);
	try {
		await runTrial(trial, random, watch);
	} catch (cause) {
		const again = `--target ${target.name} --seed ${seed} --first ${index} --cases 1`;
		throw new Error(
			`${(cause as Error).message}\nagain with: ${again}\nlimits ${trial.minLength} to ${trial.maxLength}, ` +
				`${trial.bytes.length} bytes: ${inspect(trial.bytes.subarray(0, 400).toString('hex'))}`,
			{cause},
		);
	}
}
