/** What a server is made of besides its settings. A plain one needs no more than a listener. */
import type {DrainResult, ServerStats} from '../server-types.js';
import type {Drain} from './drain.js';
import type {Listener, ListenerObserver} from './listener.js';
import type {StatsCounter} from './server-stats.js';

export interface ServerParts {
	/** @throws ResourceError, BrokenError */
	open(observer: ListenerObserver): Listener;
	/** One that others look at, too. */
	readonly counter?: StatsCounter;
	/** The counters of this thread's connections, as they are told to the user. */
	describe?(own: ServerStats): ServerStats;
	/** The number in the name of the n-th connection. */
	readonly numberOf?: (n: number) => number;
	/** Its connections are those of other threads: how all of them come to their end. */
	drain?(holdsProcess: boolean, onDrained: (result: DrainResult) => void): Pick<Drain, 'within' | 'check'>;
}
