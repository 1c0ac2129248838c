/**
 * Errors that the loop makes: a limit has been passed, a reader meets the end. Their stack would name nothing but the loop, and to record it
 * is a good part of what an end costs, in time and in memory; ten thousand may end at once.
 */

/** What `make` makes has a stack without frames, as long as no code of the user's runs in it. */
export function withoutStack<Made extends Error>(make: () => Made): Made {
	const {stackTraceLimit} = Error;
	// Fails quietly where Error is frozen (--frozen-intrinsics).
	Reflect.set(Error, 'stackTraceLimit', 0);
	try {
		return make();
	} finally {
		Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
	}
}
