import type {CoTcpConnection} from 'cotcp';
import {chunksOf, openRegularFile} from '../shared/regular-file.js';
import type {Wire} from './mode.js';

/** 64 KiB at a time; the connection's context owns the open file, which is closed however the connection ends. */
export async function owned(connection: CoTcpConnection, path: string, wire: Wire): Promise<void> {
	const {handle, facts} = await openRegularFile(path);
	connection.setContext(handle);
	await wire.start(facts);
	for await (const chunk of chunksOf(handle, facts.size)) await wire.send(chunk);
	await wire.shutdown();
}
