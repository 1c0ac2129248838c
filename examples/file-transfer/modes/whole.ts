import type {CoTcpConnection} from 'cotcp';
import {openRegularFile} from '../shared/regular-file.js';
import {readWhole} from '../shared/whole-file.js';
import type {Wire} from './mode.js';

/** The whole file in memory, one send, shutdown right after: the shortest program, and the file's size in memory for each client. */
export async function whole(_connection: CoTcpConnection, path: string, wire: Wire): Promise<void> {
	const file = await openRegularFile(path);
	const content = await readWhole(file).finally(async () => file.handle.close());
	await wire.start(file.facts);
	await wire.send(content);
	await wire.shutdown();
}
