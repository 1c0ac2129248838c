/** How much a test does: little in the gate, everything in the soak. */
import process from 'node:process';

/** COTCP_SOAK=1: the full numbers. */
export const isSoak = process.env['COTCP_SOAK'] === '1';

/** The addon is instrumented: everything takes longer, and more memory. */
export const isSanitized = process.env['COTCP_SANITIZER'] !== undefined;

/** By ThreadSanitizer, with `npm run test:tsan`. */
export const isThreadSanitized = process.env['COTCP_SANITIZER'] === 'thread';
