/** How much a test does: little in the gate, everything in the soak. */
import process from 'node:process';
import type {ExecutionContext} from 'ava';

/** COTCP_SOAK=1: the full numbers. */
export const isSoak = process.env['COTCP_SOAK'] === '1';

/** The addon is instrumented: everything takes longer, and more memory. */
export const isSanitized = process.env['COTCP_SANITIZER'] !== undefined;

/** By ThreadSanitizer, with `npm run test:tsan`. */
export const isThreadSanitized = process.env['COTCP_SANITIZER'] === 'thread';

/**
 * What a test may take in the soak. In the gate the timeout of ava's configuration is enough: a longer one of any single test keeps ava from noticing
 * for as long that another one hangs.
 */
export function soakTimeout(t: ExecutionContext, ms: number): void {
	if (isSoak) t.timeout(ms);
}
