/** What a server with threads takes, and what the module that its threads run exports. */
import type {ConnectionHandler} from '../server-types.js';

/**
 * Worker threads with a loop each. Functions cannot cross threads, so the handler is named by its module.
 *
 * @example
 * ```ts
 * const server = await listen({port: 9981, threads: {count: 4, module: new URL('./handler.js', import.meta.url)}});
 * ```
 */
export interface ThreadOptions {
	/** An integer from 0; 0: this thread alone runs the module. Default: `os.availableParallelism()`. */
	count?: number | undefined;
	/**
	 * A ThreadModule (for a TcpServer: a TcpThreadModule): a `file:` or `data:` URL, an absolute path, or one relative to the
	 * current directory that begins with `./` or `../`.
	 */
	module: string | URL;
	/**
	 * Who accepts. `round-robin`: the loop that called `listen`, which hands each connection to the next thread. `reuseport`: each
	 * thread, on a listener of its own, among which the kernel chooses (SO_REUSEPORT); not for unix sockets. Default: 'round-robin'.
	 */
	dispatch?: 'round-robin' | 'reuseport' | undefined;
	/** Given to each thread as a structured clone: `ThreadInfo.data`. */
	data?: unknown;
}

/** Which thread of a server it is. */
export interface ThreadInfo {
	/** From 0. One that takes the place of a thread that has died has the same. */
	readonly index: number;
	/** The option `threads.count`, or its default. */
	readonly count: number;
	/** A clone of the option `threads.data`. */
	readonly data: unknown;
}

/**
 * What a module named by `threads.module` exports. Its module scope is the context of the thread.
 *
 * @example
 * ```ts
 * const handler: ConnectionHandler = async connection => connection.send('hello\n');
 * export default handler;
 * export function threadInit({index, count}: ThreadInfo): void {
 * 	console.log(`thread ${index} of ${count}`);
 * }
 * ```
 */
export interface ThreadModule<Context = unknown> {
	/** Runs for each connection of the thread. */
	readonly default: ConnectionHandler<Context>;
	/** Awaited before the thread gets connections; a rejection rejects `listen`. */
	readonly threadInit?: (thread: ThreadInfo) => Promise<void> | void;
}
