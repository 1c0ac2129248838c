import {openRegularFile} from '../../shared/regular-file.js';
import {readWhole} from '../../shared/whole-file.js';
import {closeSoon, isDown, type ModeHandlers} from './mode.js';

/** The whole file in memory, one send, shutdown right after. What the kernel does not take at once is copied into the output buffer. */
export function whole(path: string): ModeHandlers<undefined> {
	return {
		async onConnection(connection) {
			if (isDown(connection)) return;
			const file = await openRegularFile(path);
			const content = await readWhole(file).finally(async () => file.handle.close());
			connection.send(content);
			connection.shutdown();
		},
		onWriteComplete: closeSoon,
	};
}
