/** One input for one decoder, and what must hold whatever it is. */
import process from 'node:process';
import {LimitError, ProtocolError} from '../../src/errors.js';
import {input, type Input} from '../codec/feed.js';
import type {AllocationCount} from './allocations.js';
import type {Random} from './random.js';
import type {Trial} from './targets.js';

/** Beside the frame itself. */
const slackBytes = 64 * 1024;

/** A longer input does not come in the smallest pieces. */
const manyBytes = 500;

/** What a decoder made of the bytes. */
interface Outcome {
	readonly frames: ReadonlyArray<Buffer | string>;
	/** Class of the error, '' for none. */
	readonly error: string;
	readonly left: number;
}

/** How a trial is watched. */
export interface Watch {
	readonly allocations: AllocationCount;
	/** Measures the process around each call as well: slow. */
	readonly isMeasured: boolean;
	/** Most bytes that one call took beyond the limit; raised by each trial. */
	mostBeyondLimit: number;
}

/** Feeds the bytes in random pieces, and now and then all at once too, which must come to the same. @throws Error that says what did not hold */
export async function runTrial(trial: Trial, random: Random, watch: Watch): Promise<void> {
	const inPieces = await feed(trial, watch, () => pieceSize(random, trial.bytes.length), 1 + random.below(6));
	if (!random.once(3)) return;
	const atOnce = await feed(trial, watch, () => trial.bytes.length, 1);
	if (inPieces.error !== atOnce.error) throw new Error(`"${inPieces.error}" in pieces, "${atOnce.error}" at once`);
	if (inPieces.error === '' && inPieces.left !== atOnce.left)
		throw new Error(`${inPieces.left} bytes left in pieces, ${atOnce.left} at once`);
	if (
		inPieces.frames.length !== atOnce.frames.length ||
		inPieces.frames.some((frame, index) => !isSame(frame, atOnce.frames[index]))
	)
		throw new Error('The frames depend on how the bytes were split');
}

function isSame(left: Buffer | string, right: Buffer | string | undefined): boolean {
	return typeof left === 'string' || right === undefined || typeof right === 'string'
		? left === right
		: left.equals(right);
}

function pieceSize(random: Random, length: number): number {
	const kind = random.below(4);
	if (length > manyBytes) return 1 + random.below(2 * manyBytes);
	return kind === 0 ? 1 : kind < 3 ? 1 + random.below(9) : 1 + random.below(6000);
}

async function feed(trial: Trial, watch: Watch, size: () => number, settleEvery: number): Promise<Outcome> {
	const fed = input();
	const frames: Array<Buffer | string> = [];
	let pieces = 0;
	for (let at = 0; at < trial.bytes.length;) {
		const end = Math.min(trial.bytes.length, at + size());
		fed.inbox.push(trial.bytes.subarray(at, end));
		at = end;
		for (;;) {
			const step = decodeOnce(trial, fed, watch);
			const result = step instanceof Promise ? await step : step;
			if (result === undefined) break;
			if ('error' in result) return {frames, error: result.error, left: fed.buffer.readableBytes};
			frames.push(result.frame);
		}

		if (++pieces % settleEvery === 0) fed.inbox.settle();
	}

	return {frames, error: '', left: fed.buffer.readableBytes};
}

type Step = {frame: Buffer | string} | {error: string} | undefined;

/** One call of decode. */
function decodeOnce(trial: Trial, {buffer}: Input, watch: Watch): Step | Promise<Step> {
	const before = buffer.readableBytes;
	const {allocations, isMeasured} = watch;
	const allocatedBefore = allocations.bytes;
	const memoryBefore = isMeasured ? process.memoryUsage().arrayBuffers : 0;
	const measure = (): void => {
		const grown = isMeasured ? process.memoryUsage().arrayBuffers - memoryBefore : 0;
		const taken = Math.max(grown, allocations.bytes - allocatedBefore) - trial.maxLength;
		watch.mostBeyondLimit = Math.max(watch.mostBeyondLimit, taken);
		if (taken > slackBytes) throw new Error(`${taken} bytes were taken beyond the limit`);
	};
	const onError = (error: unknown): Step => {
		measure();
		if (error instanceof LimitError) checkLimitError(error, trial.maxLength);
		else if (!(error instanceof ProtocolError)) throw new Error('Another error than the two', {cause: error});
		return {error: error.name};
	};
	const onFrame = (frame: Buffer | string | undefined): Step => {
		measure();
		return checkFrame(trial, frame, before, buffer.readableBytes);
	};
	let decoded: ReturnType<Trial['codec']['decode']>;
	try {
		decoded = trial.codec.decode(buffer);
	} catch (error) {
		return onError(error);
	}

	return decoded instanceof Promise ? decoded.then(onFrame, onError) : onFrame(decoded);
}

/** `before` and `after` are the bytes that were there. */
function checkFrame(trial: Trial, frame: Buffer | string | undefined, before: number, after: number): Step {
	const {minLength, maxLength, overhead} = trial;
	if (frame === undefined) {
		if (after !== before) throw new Error('Bytes were taken and no frame given');
		if (before > maxLength + overhead)
			throw new Error(`${before} bytes and it wants more: the limit is ${maxLength}`);
		return undefined;
	}

	if (after >= before) throw new Error('A frame was given and no byte taken');
	const length = typeof frame === 'string' ? Math.min(frame.length, maxLength) : frame.length;
	if (length < minLength || length > maxLength) throw new Error(`A frame of ${length} bytes is outside the limits`);
	return {frame};
}

function checkLimitError({limit, actual}: LimitError, maxLength: number): void {
	if (!(limit <= maxLength && actual > limit)) throw new Error(`A LimitError of ${actual} bytes over ${limit}`);
}
