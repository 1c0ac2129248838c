import type {CoTcpConnection} from 'cotcp';
import {openRegularFile} from '../shared/regular-file.js';
import type {Wire} from './mode.js';

/** The kernel copies from file to socket; no byte of it comes to JavaScript. The connection's context owns the open file. */
export async function sendfile(connection: CoTcpConnection, path: string, wire: Wire): Promise<void> {
	const file = await openRegularFile(path);
	connection.setContext(file.handle);
	await wire.start(file.facts);
	await wire.sendFile(file);
	await wire.shutdown();
}
