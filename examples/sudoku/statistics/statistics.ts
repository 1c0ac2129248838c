import {Histogram} from './histogram.js';
import {now, rateSpan, Recorder} from './recorder.js';

/** Numbers at one moment; times are microseconds. */
export interface Snapshot {
	readonly uptimeSeconds: number;
	/** Well-formed ones, answered or not. */
	readonly requests: number;
	readonly solved: number;
	readonly noSolution: number;
	/** Answered with ServerTooBusy. */
	readonly dropped: number;
	/** Bad requests and ids that are too long. */
	readonly bad: number;
	/** Requests per second over the last seconds, and since the start. */
	readonly rate: number;
	readonly meanRate: number;
	/** From the whole line to its answer. */
	readonly latency: {readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number};
	readonly classes: ReadonlyArray<{readonly from: number; readonly to: number; readonly count: number}>;
}

/** What a server does: the sum of what its threads record. */
export class Statistics {
	readonly #start = now();
	readonly #recorders: Recorder[] = [];

	/** For one more thread, whose numbers are part of the sum from now on. */
	addRecorder(): Recorder {
		const recorder = new Recorder();
		this.#recorders.push(recorder);
		return recorder;
	}

	snapshot(): Snapshot {
		const moment = now();
		const uptimeSeconds = (moment - this.#start) / 1000;
		const second = Math.floor(moment / 1000);
		// Whole seconds before this one, and what there is of this one.
		const span = Math.min(uptimeSeconds, rateSpan + ((moment / 1000) % 1));
		const sum = (one: (recorder: Recorder) => number) =>
			this.#recorders.reduce((all, recorder) => all + one(recorder), 0);
		const requests = sum(recorder => recorder.count('requests'));
		const latency = new Histogram();
		for (const recorder of this.#recorders) latency.addAll(recorder.latency);
		return {
			uptimeSeconds,
			requests,
			solved: sum(recorder => recorder.count('solved')),
			noSolution: sum(recorder => recorder.count('noSolution')),
			dropped: sum(recorder => recorder.count('dropped')),
			bad: sum(recorder => recorder.count('bad')),
			rate: sum(recorder => recorder.requestsSince(second - rateSpan)) / span,
			meanRate: requests / uptimeSeconds,
			latency: {
				p50: latency.quantile(0.5),
				p90: latency.quantile(0.9),
				p99: latency.quantile(0.99),
				max: latency.max,
			},
			classes: latency.classes(),
		};
	}
}
