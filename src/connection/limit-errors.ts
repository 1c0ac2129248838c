/** The errors of limits that end a connection. */
import {LimitError, TimeoutError} from '../errors.js';
import type {ErrorPlace} from '../internal/errno-errors.js';

/** Bytes. */
export function pendingLimitError(waiting: number, limit: number, {address, port, path}: ErrorPlace): LimitError {
	return new LimitError(`${waiting} bytes wait behind the send whose turn it is, maxPendingBytes is ${limit}`, {
		limit,
		actual: waiting,
		syscall: 'write',
		address: path ?? address,
		port,
	});
}

/** `limit`: ms. */
export function frameTimeoutError(limit: number, {address, port, path}: ErrorPlace): TimeoutError {
	return new TimeoutError('ETIMEDOUT', `A frame was not complete ${limit} ms after its first byte (frameTimeout)`, {
		limitName: 'frameTimeout',
		syscall: 'read',
		address: path ?? address,
		port,
	});
}
