/** What the pool and its threads say to each other. */
import type {RemoteToken} from 'cotcp';

/** Answers to one client, which the thread sends itself when it has solved the batch. */
export interface Delivery {
	/** Not used twice for one thread. */
	readonly number: number;
	readonly token: RemoteToken;
	/** Of the batch's grids. */
	readonly indices: readonly number[];
	/** For each of them. */
	readonly ids: readonly string[];
}

export interface Batch {
	readonly grids: readonly string[];
	readonly deliveries: readonly Delivery[];
}

export type FromThread =
	| {readonly kind: 'ready'}
	/** Batches are solved in the order in which they have come. */
	| {readonly kind: 'solved'; readonly solutions: ReadonlyArray<string | undefined>}
	/** Deliveries that the loops of the connections have accepted, and others that have failed. */
	| {readonly kind: 'sent'; readonly numbers: readonly number[]; readonly failed: readonly number[]};
