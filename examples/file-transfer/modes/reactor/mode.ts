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
/** TCP_FIN_WAIT2: the client's kernel has acknowledged every byte and the FIN behind them. */
const allAcknowledged = 5;

/**
 * All bytes are in the kernel and the FIN is behind them: a client that never ends its own half keeps the connection no longer than
 * this. Not before it has got everything, though: a reset would throw away what is on its way.
 */
export function closeSoon(connection: TcpConnection): void {
	const look = () => {
		if (isDown(connection)) return;
		if (connection.info()?.state === allAcknowledged) connection.forceClose();
		else closeSoon(connection);
	};

	// Node's own timer, as the connection itself keeps the process alive.
	setTimeout(look, lingerMs).unref();
}
