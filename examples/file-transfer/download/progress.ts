import {SingleBar} from 'cli-progress';
import {formatBytes, formatSeconds} from '../../shared/units.js';

/** Shows how far a transfer is. `stop` leaves what was shown last on the screen. */
export interface Progress {
	/** Bytes that are there by now, in all. */
	update(done: number): void;
	stop(): void;
}

export interface ProgressOptions {
	readonly label: string;
	readonly total: number;
	/** Bytes that were there before this transfer; they do not count for its rate. Default: 0. */
	readonly start?: number | undefined;
	/** Default: stderr, so that stdout stays clean. */
	readonly stream?: (NodeJS.WritableStream & {isTTY?: boolean | undefined}) | undefined;
	/** Ms, monotonic. Default: `performance.now`. */
	readonly now?: (() => number) | undefined;
}

const linePeriod = 1000;

/** A bar on a terminal, else a plain line per second and one for the end. */
export function startProgress(options: ProgressOptions): Progress {
	const {stream = process.stderr} = options;
	const meter = new Meter(options);
	return stream.isTTY === true ? startBar(options, meter, stream) : startLines(options, meter, stream);
}

// Rate and time left of one transfer.
class Meter {
	readonly total: number;
	readonly #start: number;
	readonly #now: () => number;
	readonly #startedAt: number;

	constructor({total, start = 0, now = () => performance.now()}: ProgressOptions) {
		this.total = total;
		this.#start = start;
		this.#now = now;
		this.#startedAt = now();
	}

	elapsed(): number {
		return this.#now() - this.#startedAt;
	}

	/** `12.0 MiB of 64.0 MiB, 120.0 MiB/s, 4 s left`. */
	describe(done: number): string {
		const perSecond = (done - this.#start) / (this.elapsed() / 1000);
		const rate = Number.isFinite(perSecond) ? formatBytes(Math.round(perSecond)) : '?';
		const left = done === this.total ? 0 : (this.total - done) / perSecond;
		return `${formatBytes(done)} of ${formatBytes(this.total)}, ${rate}/s, ${formatSeconds(left)} left`;
	}

	percent(done: number): number {
		return this.total === 0 ? 100 : Math.floor((done / this.total) * 100);
	}
}

function startBar({label, start = 0}: ProgressOptions, meter: Meter, stream: NodeJS.WritableStream): Progress {
	// linewrap: the bar would switch wrapping off in the terminal, and Ctrl-C would leave it so.
	const bar = new SingleBar({
		format: '{label} [{bar}] {percentage} % | {text}',
		barsize: 12,
		stream,
		linewrap: true,
		emptyOnZero: true,
	});
	bar.start(meter.total, start, {label, text: meter.describe(start)});
	return {
		update(done) {
			bar.update(done, {text: meter.describe(done)});
		},
		stop() {
			bar.stop();
		},
	};
}

function startLines({label, start = 0}: ProgressOptions, meter: Meter, stream: NodeJS.WritableStream): Progress {
	let done = start;
	let lastLineAt = meter.elapsed();
	const writeLine = () => stream.write(`${label} ${meter.percent(done)} % | ${meter.describe(done)}\n`);
	return {
		update(value) {
			done = value;
			if (meter.elapsed() - lastLineAt < linePeriod) return;
			lastLineAt = meter.elapsed();
			writeLine();
		},
		stop() {
			writeLine();
		},
	};
}
