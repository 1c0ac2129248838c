/** Who is told of what becomes of a connection. */
import type {Lifetime} from './lifetime.js';
import type {ConnectionLimits} from './limits.js';

/** Whose connection it is: the server that accepted it, or nobody. */
export interface ConnectionOwner {
	readonly limits: ConnectionLimits;
	/** The connection has ended. Runs no code of the user's. */
	onEnded(lifetime: Lifetime): void;
	/** What disposing a context threw. */
	onContextError(error: unknown, lifetime: Lifetime): void;
}
