/** The coroutine face in a worker thread. */
import {createServer, type CoTcpServer} from '../co-tcp-server.js';
import type {ServerSettings} from '../normalize-endpoint.js';
import type {ConnectionHandler} from '../server-types.js';
import {invalidArgType} from '../validate.js';
import type {WorkerFace} from './worker-face.js';

export function checkHandler(exported: unknown): ConnectionHandler {
	if (typeof exported !== 'function')
		throw invalidArgType('threads.module', 'a module whose default export is a function, the handler', exported);
	return exported as ConnectionHandler;
}

export const face: WorkerFace<ConnectionHandler> = {
	check: checkHandler,
	open(settings: ServerSettings, handler, parts, report) {
		const server: CoTcpServer = createServer(
			{...settings, signal: undefined, timeout: Infinity, onError: report},
			parts,
			handler,
		);
		return Promise.resolve({
			get stats() {
				return server.stats;
			},
			connections: server.connections,
			end: timeout => server.close({timeout}),
		});
	},
};
