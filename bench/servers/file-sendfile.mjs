import {listen} from 'cotcp';
import {announce} from './common.mjs';
import {readFileOptions} from './file-options.mjs';

const file = readFileOptions('Sends a file with sendFile of cotcp.');

const server = await listen({port: 0, host: '127.0.0.1'}, async connection => {
	await connection.sendFile(file);
});
announce(server.address.port);
