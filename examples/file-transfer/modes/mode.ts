import type {CoTcpConnection} from 'cotcp';
import type {FileFacts, OpenFile} from '../shared/regular-file.js';

/** What a mode sends to: the whole file goes through it, from the first byte to the last. */
export interface Wire {
	/** Before the first byte. */
	start(facts: FileFacts): Promise<void>;
	/** The next bytes of the file. Their memory may change again when this has resolved. */
	send(bytes: Uint8Array): Promise<void>;
	/** All bytes of the file, by the kernel; in place of `send`. */
	sendFile(file: OpenFile): Promise<void>;
	/** That was all. */
	shutdown(): Promise<void>;
}

/** One way to get a file from the disk to one client. */
export type Mode = (connection: CoTcpConnection, path: string, wire: Wire) => Promise<void>;

/** Nothing but the bytes of the file, so that every TCP client understands it. */
export function rawWire(connection: CoTcpConnection): Wire {
	return {
		async start() {},
		send: async bytes => connection.send(bytes),
		async sendFile({handle, facts}) {
			await connection.sendFile(handle, {length: facts.size});
		},
		shutdown: async () => connection.shutdown(),
	};
}
