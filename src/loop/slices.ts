/**
 * Work of which there may be any amount at once, all of it the library's own: connections to be ended, ten thousand of them when so many
 * peers are past the same limit. It is done behind a batch, a slice per turn, and the rest in the turns that follow. An end costs some
 * tens of microseconds, so that all in one go would keep everybody else waiting for half a second.
 */
import {performance} from 'node:perf_hooks';

/** About as long as a few dozen small requests take: beside them nobody waits twice as long as without it. */
const shortestMs = 0.25;
/** Half of a full turn of those who read and send. */
const longestMs = 1;
/** Work that is late by so many slices gets longer ones: a loop with much else to do must not put it off for ever. */
const slicesLate = 2000;

/** Begins a slice of work that should have been done at `due`; what it returns tells when it is over. At least one piece of work is done in each. */
export function beginSlice(due: number): () => boolean {
	const now = performance.now();
	const until = now + Math.min(longestMs, Math.max(shortestMs, (now - due) / slicesLate));
	return () => performance.now() >= until;
}
