import {UnexpectedEndError, type CoTcpConnection} from 'cotcp';
import {FileError, openRegularFile} from '../shared/regular-file.js';
import type {Wire} from './mode.js';

/** The kernel copies from file to socket; no byte of it comes to JavaScript. The connection's context owns the open file. */
export async function sendfile(connection: CoTcpConnection, path: string, wire: Wire): Promise<void> {
	const file = await openRegularFile(path);
	connection.setContext(file.handle);
	await wire.start(file.facts);
	try {
		await wire.sendFile(file);
	} catch (error) {
		if (!(error instanceof UnexpectedEndError)) throw error;
		// As such it is an outcome of the connection, which nobody is told of; the server's stderr is to show it.
		throw new FileError(`the file has shrunk: it had ${file.facts.size} bytes`, {cause: error});
	}

	await wire.shutdown();
}
