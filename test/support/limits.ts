/** What the tests of limits in time have in common. */
import {performance} from 'node:perf_hooks';
import {setTimeout as delay} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import {TimeoutError, type CloseInfo, type CoTcpConnection, type LimitName} from '../../src/index.js';
import {within} from './wait.js';

const patienceMs = 60_000;

/** The end by the limit `name`, not earlier than `ms` after `since`. */
export async function endBy(
	t: ExecutionContext,
	closed: Promise<CloseInfo>,
	name: LimitName,
	{ms, since}: {ms: number; since: number},
): Promise<TimeoutError> {
	const {reason, error} = await within(closed, `the end by ${name}`, patienceMs);
	const took = performance.now() - since;
	t.is(reason, name);
	if (!(error instanceof TimeoutError)) throw new Error(`ended by ${String(error)}`);
	t.is(error.limitName, name);
	t.is(error.code, 'ETIMEDOUT');
	t.regex(error.message, new RegExp(`${ms} ms.*${name}`, 'u'));
	t.true(took >= ms, `ended after ${took} of ${ms} ms`);
	return error;
}

/** A new error of the limit's class and code, whose cause is the first one. */
export function isOfEnd(t: ExecutionContext, error: unknown, first: TimeoutError): void {
	t.true(error instanceof TimeoutError, String(error));
	t.not(error, first);
	t.like(error, {code: 'ETIMEDOUT', limitName: first.limitName, cause: first});
}

/** Reads a bit every `everyMs`, until it is told to stop or the connection has ended. Resolves to the bytes read. */
export function drip(
	connection: CoTcpConnection,
	{bytes, everyMs}: {bytes: number; everyMs: number},
): {readonly lastAt: number; stop(): Promise<number>} {
	let isOver = false as boolean;
	let total = 0;
	let lastAt = NaN;
	const reading = (async () => {
		while (!isOver) {
			const chunk = await connection.read({max: bytes}).catch(() => null);
			if (chunk === null) return;
			total += chunk.length;
			lastAt = performance.now();
			await delay(everyMs);
		}
	})();
	return {
		/** When it took something, on the scale of `performance.now()`. */
		get lastAt() {
			return lastAt;
		},
		async stop() {
			isOver = true;
			await reading;
			return total;
		},
	};
}
