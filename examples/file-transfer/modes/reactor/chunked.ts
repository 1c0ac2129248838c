import type {FileHandle} from 'node:fs/promises';
import {chunksOf, openRegularFile} from '../../shared/regular-file.js';
import {isDown, type ModeHandlers} from './mode.js';
import {sendNext, type Position} from './send-next.js';

interface OpenTransfer extends Position {
	readonly handle: FileHandle;
}

/** 64 KiB at a time, the next when the last is in the kernel; the open file is in the context and closed by hand, in two places. */
export function chunked(path: string): ModeHandlers<OpenTransfer> {
	return {
		async onConnection(connection) {
			if (isDown(connection)) return connection.getContext()?.handle.close();
			const {handle, facts} = await openRegularFile(path);
			// It may have ended meanwhile. Then the down callback has found no file, or finds none.
			if (isDown(connection)) return handle.close();
			const transfer = {handle, chunks: chunksOf(handle, facts.size)};
			connection.setContext(transfer);
			await sendNext(connection, transfer);
		},
		async onWriteComplete(connection) {
			const transfer = connection.getContext();
			if (transfer !== undefined) await sendNext(connection, transfer);
		},
	};
}
