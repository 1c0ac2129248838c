import type {TcpConnection} from 'cotcp/reactor';

/** The callbacks of one way to get a file from the disk to one client. What they reject with resets the connection. */
export interface ModeHandlers<Context> {
	/** Once up, once down. */
	onConnection(connection: TcpConnection<Context>): Promise<void>;
	onWriteComplete(connection: TcpConnection<Context>): Promise<void> | void;
}

/** Nothing but the bytes of the file, so that every TCP client understands it. */
export type ReactorMode = (path: string) => ModeHandlers<unknown>;

/** The connection is down, or will be told so. A function, as TypeScript takes a property for what it was before an `await`. */
export function isDown(connection: TcpConnection): boolean {
	return connection.state === 'disconnected';
}

const lingerMs = 5000;

/** All bytes are in the kernel and the FIN is behind them: a client that never ends its own half keeps the connection no longer than this. */
export function closeSoon(connection: TcpConnection): void {
	connection.forceCloseWithDelay(lingerMs);
}
