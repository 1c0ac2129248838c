import {listen, type CoTcpConnection} from 'cotcp';
import {acceptRequest, Refusal} from '../framed/framed-wire.js';
import {rawWire} from '../modes/mode.js';
import {modes} from '../modes/table.js';
import type {CoroutineArguments} from '../server-arguments.js';
import {reportError, type FileServer} from './file-server.js';

/** One handler, a straight line from the first byte to the last. */
export async function startCoroutineServer(options: CoroutineArguments): Promise<FileServer> {
	const {port, host} = options;
	const server = await listen({port, host, resetUnlessClosed: true, onError: reportError}, async connection =>
		serve(connection, options),
	);
	return {
		address: server.address,
		get transfers() {
			return server.connections.size;
		},
		finish() {
			void server.close({timeout: Infinity});
		},
	};
}

async function serve(connection: CoTcpConnection, {path, mode, framed}: CoroutineArguments): Promise<void> {
	try {
		const wire = framed ? await acceptRequest(connection) : rawWire(connection);
		await modes[mode](connection, path, wire);
	} catch (error) {
		// A refusal is an answer: returning ends the connection in good order. Whatever else throws ends it in a reset.
		if (!(error instanceof Refusal)) throw error;
	}
}
