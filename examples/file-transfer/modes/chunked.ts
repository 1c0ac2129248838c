import type {CoTcpConnection} from 'cotcp';
import {chunksOf, openRegularFile} from '../shared/regular-file.js';
import type {Wire} from './mode.js';

/** 64 KiB at a time; the open file is in the connection's context and closed by hand. */
export async function chunked(connection: CoTcpConnection, path: string, wire: Wire): Promise<void> {
	const {handle, facts} = await openRegularFile(path);
	// Inside a plain object, because a bare FileHandle is disposable and would belong to the connection: that is `owned`.
	connection.setContext({handle});
	try {
		await wire.start(facts);
		for await (const chunk of chunksOf(handle, facts.size)) await wire.send(chunk);
		await wire.shutdown();
	} finally {
		await handle.close();
	}
}
