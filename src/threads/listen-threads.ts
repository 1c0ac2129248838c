/** `listen` with the option `threads`. */
import {createServer, type CoTcpServer} from '../co-tcp-server.js';
import type {ListenSettings} from '../normalize-endpoint.js';
import {reportError} from '../server/error-report.js';
import {openListener} from '../server/listener.js';
import type {ConnectionHandler} from '../server-types.js';
import {checkHandler} from './coroutine-face.js';
import {loadModule} from './load-module.js';
import type {ThreadSettings} from './thread-settings.js';
import {ThreadTeam} from './thread-team.js';

/** `host` is an address; `onCancel` is told how to give up. */
export async function listenInThreads<Context>(
	settings: ListenSettings<Context>,
	threads: ThreadSettings,
	host: string | undefined,
	onCancel: (cancel: () => void) => void,
): Promise<CoTcpServer<Context>> {
	if (threads.count === 0) return listenHere(settings, threads, host);
	const team = await ThreadTeam.start({
		face: 'coroutine',
		threads,
		settings,
		host,
		onCancel,
		report: (error, what) => {
			reportError(settings.onError, error, undefined, what);
		},
	});
	return createServer(settings, team.parts, undefined);
}

/** This thread alone runs the module. */
async function listenHere<Context>(
	settings: ListenSettings<Context>,
	threads: ThreadSettings,
	host: string | undefined,
): Promise<CoTcpServer<Context>> {
	const thread = {index: 0, count: 0, data: structuredClone(threads.data)};
	const handler = (await loadModule(threads.module, checkHandler, thread)) as ConnectionHandler<Context>;
	return createServer(
		settings,
		{
			open: observer => openListener(settings, host, observer),
			describe: own => ({...own, threads: [own]}),
		},
		handler,
	);
}
