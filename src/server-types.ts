/** The values that servers take and give. */
import type {CloseReason} from './connection-types.js';
import type {CoTcpConnection} from './co-tcp-connection.js';

/**
 * What a server runs for each connection; its scope owns the connection: on return `close()`, on throw `reset()`. May be a plain function.
 *
 * @example
 * ```ts
 * const echo: ConnectionHandler = async connection => {
 * 	for await (const chunk of connection) await connection.send(chunk);
 * };
 * ```
 */
export type ConnectionHandler<Context = unknown> = (connection: CoTcpConnection<Context>) => Promise<void> | void;

/** How the connections that were open at `close()` ended: by themselves, or reset when the time was over. */
export interface DrainResult {
	/** Ended by themselves. */
	readonly drained: number;
	/** Reset when the time was over. */
	readonly aborted: number;
}

/** Counters of one server; stay valid after its end. */
export interface ServerStats {
	/** Connections taken, from the beginning. */
	readonly accepted: number;
	/** Connections open now. */
	readonly open: number;
	/** Accepted and reset, by option. */
	readonly refused: Readonly<Record<'maxConnections' | 'maxConnectionsPerAddress' | 'blockList', number>>;
	/** Connections reset, and pauses made, because descriptors or memory ran out. */
	readonly acceptErrors: number;
	/** Handlers that threw something `onError` was told of. */
	readonly handlerErrors: number;
	/** Ended connections by reason. */
	readonly ended: Readonly<Record<CloseReason, number>>;
	/** Bytes handed to callers, of all connections, ended ones included. */
	readonly bytesRead: number;
	/** Bytes the kernel took, of all connections, ended ones included. */
	readonly bytesWritten: number;
}

/** Options of a server for which a peer is accepted and reset. */
export type RefusalReason = keyof ServerStats['refused'];
