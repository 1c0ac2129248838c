import {SingleBar} from 'cli-progress';

/** Shows how many answers have come. `stop` leaves what was shown last on the screen. */
export interface Progress {
	update(done: number): void;
	stop(): void;
}

export interface ProgressOptions {
	readonly total: number;
	/** Default: stderr, so that stdout stays clean. */
	readonly stream?: (NodeJS.WritableStream & {isTTY?: boolean | undefined}) | undefined;
	/** Ms, monotonic. Default: `performance.now`. */
	readonly now?: (() => number) | undefined;
}

const linePeriod = 1000;

/** A bar on a terminal, else a plain line per second and one for the end. */
export function startProgress({
	total,
	stream = process.stderr,
	now = () => performance.now(),
}: ProgressOptions): Progress {
	return stream.isTTY === true ? startBar(total, stream) : startLines(total, stream, now);
}

function describe(done: number, total: number): string {
	return `${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} answers`;
}

function startBar(total: number, stream: NodeJS.WritableStream): Progress {
	// linewrap: the bar would switch wrapping off in the terminal, and Ctrl-C would leave it so.
	const bar = new SingleBar({format: '[{bar}] {percentage} % | {text}', barsize: 30, stream, linewrap: true});
	bar.start(total, 0, {text: describe(0, total)});
	return {
		update(done) {
			bar.update(done, {text: describe(done, total)});
		},
		stop() {
			bar.stop();
		},
	};
}

function startLines(total: number, stream: NodeJS.WritableStream, now: () => number): Progress {
	let done = 0;
	let lastLineAt = now();
	const writeLine = () => stream.write(`${Math.floor((done / total) * 100)} % | ${describe(done, total)}\n`);
	return {
		update(value) {
			done = value;
			if (now() - lastLineAt < linePeriod) return;
			lastLineAt = now();
			writeLine();
		},
		stop() {
			writeLine();
		},
	};
}
