import {open} from 'node:fs/promises';
import {listen} from 'cotcp';
import {announce} from './common.mjs';
import {readFileOptions} from './file-options.mjs';

const chunkBytes = 64 * 1024;
const file = readFileOptions('Sends a file with cotcp, 64 KiB after 64 KiB.');

const server = await listen({port: 0, host: '127.0.0.1'}, async connection => {
	const handle = await open(file);
	try {
		const buffer = Buffer.allocUnsafeSlow(chunkBytes);
		for (let position = 0; ;) {
			const {bytesRead} = await handle.read(buffer, 0, chunkBytes, position);
			if (bytesRead === 0) break;
			await connection.send(buffer.subarray(0, bytesRead));
			position += bytesRead;
		}
	} finally {
		await handle.close();
	}
});
announce(server.address.port);
