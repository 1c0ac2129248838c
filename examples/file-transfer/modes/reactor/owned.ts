import {chunksOf, openRegularFile} from '../../shared/regular-file.js';
import {isDown, type ModeHandlers} from './mode.js';
import {sendNext, type Position} from './send-next.js';

/** 64 KiB at a time; the connection's context owns the open file, which is closed however the connection ends. */
export function owned(path: string): ModeHandlers<Position & AsyncDisposable> {
	return {
		async onConnection(connection) {
			if (isDown(connection)) return;
			const {handle, facts} = await openRegularFile(path);
			const transfer = {
				chunks: chunksOf(handle, facts.size),
				[Symbol.asyncDispose]: async () => handle.close(),
			};
			// If the connection has ended meanwhile, this disposes of it at once.
			connection.setContext(transfer);
			await sendNext(connection, transfer);
		},
		async onWriteComplete(connection) {
			const transfer = connection.getContext();
			if (transfer !== undefined) await sendNext(connection, transfer);
		},
	};
}
