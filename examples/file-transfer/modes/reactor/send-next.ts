import type {TcpConnection} from 'cotcp/reactor';
import {closeSoon} from './mode.js';

/** Where the transfer stands: no local variable lives from one callback to the next. */
export interface Position {
	readonly chunks: AsyncGenerator<Uint8Array, void, undefined>;
}

/** One chunk; `onWriteComplete` asks for the one after it. Their buffer is shared, which is safe, as `send` keeps no part of it. */
export async function sendNext(connection: TcpConnection, {chunks}: Position): Promise<void> {
	const {done, value} = await chunks.next();
	if (done !== true) {
		connection.send(value);
		return;
	}

	connection.shutdown();
	closeSoon(connection);
}
