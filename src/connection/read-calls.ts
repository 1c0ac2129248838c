/** The arguments of the calls that read: checked, then given to the reading half. All of them throw, or return a promise. */
import {constants} from 'node:buffer';
import type {LimitedReadOptions, OperationOptions, ReadOptions} from '../connection-types.js';
import {normalizeLimitedRead, normalizeOperation, normalizeRead} from '../normalize.js';
import {byteLengthOf, checkBytes, checkInteger, checkView, outOfRange, plainView} from '../validate.js';
import * as attempts from './attempts.js';
import {needleOf} from './needles.js';
import type {ReadSide} from './read-side.js';

const defaultMessageBytes = 64 * 1024;
const defaultAllBytes = 10 * 1024 * 1024;

export function read(reads: ReadSide, options: ReadOptions): Promise<Buffer | null> {
	const settings = normalizeRead(options);
	return reads.run(settings, attempts.chunk(settings.max, settings.copy));
}

export function tryRead(reads: ReadSide, options: ReadOptions | undefined): Buffer | null | undefined {
	const {max, copy} = normalizeRead(options);
	return reads.tryRead(attempts.chunk(max, copy));
}

export function readInto(
	reads: ReadSide,
	view: unknown,
	options: OperationOptions | undefined,
): Promise<number | null> {
	const checked = checkView('view', view);
	if (byteLengthOf(checked) === 0) throw outOfRange('view', 'memory of at least one byte', view);
	return reads.readInto(plainView(checked), normalizeOperation(options));
}

export function readExactly(reads: ReadSide, n: unknown, options: OperationOptions | undefined): Promise<Buffer> {
	const count = checkInteger('n', n, 0, constants.MAX_LENGTH);
	return reads.run(normalizeOperation(options), attempts.exactly(count, reads.place));
}

export function readUntil(
	reads: ReadSide,
	delimiter: unknown,
	options: LimitedReadOptions | undefined,
): Promise<Buffer | null> {
	const needle = needleOf(checkBytes('delimiter', delimiter));
	if (needle.length === 0) throw outOfRange('delimiter', 'at least one byte', delimiter);
	const settings = normalizeLimitedRead(options, defaultMessageBytes);
	return reads.run(settings, attempts.until(needle, settings.limit, reads.place));
}

export function readLine(reads: ReadSide, options: LimitedReadOptions | undefined): Promise<string | null> {
	const settings = normalizeLimitedRead(options, defaultMessageBytes);
	return reads.run(settings, attempts.line(settings.limit, reads.place));
}

export function readAll(reads: ReadSide, options: LimitedReadOptions | undefined): Promise<Buffer> {
	const settings = normalizeLimitedRead(options, defaultAllBytes);
	return reads.run(settings, attempts.all(settings.limit, reads.place));
}

export function peek(reads: ReadSide, n: unknown, options: OperationOptions | undefined): Promise<Buffer | null> {
	const count = checkInteger('n', n, 1, constants.MAX_LENGTH);
	return reads.run(normalizeOperation(options), attempts.peek(count, reads.place));
}

export function discard(reads: ReadSide, n: unknown, options: OperationOptions | undefined): Promise<void> {
	const count = checkInteger('n', n, 0);
	return reads.run(normalizeOperation(options), attempts.discard(count, reads.place));
}
