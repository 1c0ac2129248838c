import {readFile} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {MeasurementError} from './children.js';

const bytesPerKib = 1024;
const settleStepMs = 250;
const maxSettleSteps = 20;
const settledBytes = 64 * bytesPerKib;

/** Exact, unlike VmRSS, whose counters the kernel keeps per core. */
export async function residentBytes(pid: number): Promise<number> {
	const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
	const kibibytes = /^Rss:\s*(\d+) kB$/mu.exec(text)?.[1];
	if (kibibytes === undefined) throw new MeasurementError(`The memory of process ${pid} cannot be read`);
	return Number(kibibytes) * bytesPerKib;
}

/** Waits until the collector and the allocator have come to rest. */
export async function settledBytesOf(pid: number): Promise<number> {
	let before = await residentBytes(pid);
	for (let step = 0; step < maxSettleSteps; step++) {
		await sleep(settleStepMs);
		const after = await residentBytes(pid);
		if (Math.abs(after - before) < settledBytes) return after;
		before = after;
	}
	return before;
}
