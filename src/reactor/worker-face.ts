/** The reactor in a worker thread of a server. */
import type {ServerSettings} from '../normalize-endpoint.js';
import type {WorkerFace} from '../threads/worker-face.js';
import {EventLoop} from './event-loop.js';
import type {TcpHandlers} from './handlers.js';
import {readModuleHandlers, ServerInside, type TcpServerSettings} from './options.js';
import {TcpServer} from './tcp-server.js';

export const face: WorkerFace<TcpHandlers> = {
	check: readModuleHandlers,
	async open(settings: ServerSettings, exported, parts, report) {
		const inside = new ServerInside(settings as TcpServerSettings, parts, report);
		const server = new TcpServer(EventLoop.current(), inside.asOptions, exported);
		await server.start();
		return {
			get stats() {
				return server.stats;
			},
			connections: server.connections,
			end: timeout => server.stop({timeout}),
		};
	},
};
