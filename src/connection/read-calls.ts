/** The arguments of the calls that read: checked, then given to the reading half. All of them throw, or return a promise. */
import {Buffer, constants} from 'node:buffer';
import type {Bytes, LimitedReadOptions, OperationOptions, ReadOptions} from '../connection-types.js';
import {normalizeLimitedRead, normalizeOperation, normalizeRead} from '../normalize.js';
import {byteLengthOf, checkBytes, checkInteger, checkView, outOfRange, plainView} from '../validate.js';
import * as attempts from './attempts.js';
import type {ReadSide} from './read-side.js';

const defaultMessageBytes = 64 * 1024;
const defaultAllBytes = 10 * 1024 * 1024;

export function read(reads: ReadSide, options: ReadOptions): Promise<Buffer | null> {
	const {max, copy, ...operation} = normalizeRead(options);
	return reads.run(operation, attempts.chunk(max, copy));
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
	const bytes = copyOf(checkBytes('delimiter', delimiter));
	if (bytes.length === 0) throw outOfRange('delimiter', 'at least one byte', delimiter);
	const {limit, ...operation} = normalizeLimitedRead(options, defaultMessageBytes);
	return reads.run(operation, attempts.until(bytes, limit, reads.place));
}

export function readLine(reads: ReadSide, options: LimitedReadOptions | undefined): Promise<string | null> {
	const {limit, ...operation} = normalizeLimitedRead(options, defaultMessageBytes);
	return reads.run(operation, attempts.line(limit, reads.place));
}

export function readAll(reads: ReadSide, options: LimitedReadOptions | undefined): Promise<Buffer> {
	const {limit, ...operation} = normalizeLimitedRead(options, defaultAllBytes);
	return reads.run(operation, attempts.all(limit, reads.place));
}

export function peek(reads: ReadSide, n: unknown, options: OperationOptions | undefined): Promise<Buffer | null> {
	const count = checkInteger('n', n, 1, constants.MAX_LENGTH);
	return reads.run(normalizeOperation(options), attempts.peek(count, reads.place));
}

export function discard(reads: ReadSide, n: unknown, options: OperationOptions | undefined): Promise<void> {
	const count = checkInteger('n', n, 0);
	return reads.run(normalizeOperation(options), attempts.discard(count, reads.place));
}

/** It must not change while the search goes on. */
function copyOf(bytes: Bytes): Buffer {
	return typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(plainView(bytes));
}
