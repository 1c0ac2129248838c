/** What a module that the threads of a TcpServer run exports. */
import type {ThreadInfo} from '../threads/thread-types.js';
import type {TcpHandlers} from './handlers.js';

/**
 * What `threads.module` exports for a TcpServer. Its module scope is the context of the thread.
 *
 * @example
 * ```ts
 * const handlers: TcpHandlers = {onMessage: (connection, buffer) => connection.send(buffer.retrieveAll())};
 * export default handlers;
 * ```
 */
export interface TcpThreadModule<Context = unknown> {
	/** The handlers of the thread's connections. Without `onError`, what it would be told goes to that of the TcpServer. */
	readonly default: TcpHandlers<Context>;
	/** Awaited before the thread gets connections; a rejection rejects `start`. */
	readonly threadInit?: (thread: ThreadInfo) => Promise<void> | void;
}
