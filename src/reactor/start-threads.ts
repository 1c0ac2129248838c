/** `TcpServer.start` with the option `threads`. */
import {openListener} from '../server/listener.js';
import type {ServerParts} from '../server/server-parts.js';
import {loadModule} from '../threads/load-module.js';
import type {ThreadSettings} from '../threads/thread-settings.js';
import {ThreadTeam, type TeamReport} from '../threads/thread-team.js';
import type {TcpHandlers} from './handlers.js';
import {readModuleHandlers, type TcpServerSettings} from './options.js';

export interface StartedThreads {
	readonly parts: ServerParts;
	/** Of the module, where this thread alone runs it. */
	readonly handlers: TcpHandlers | undefined;
}

/** `host` is an address; `onCancel` is told how to give up. @throws what the module threw, ResourceError, BrokenError */
export async function startThreads(
	settings: TcpServerSettings,
	threads: ThreadSettings,
	host: string | undefined,
	report: TeamReport,
	onCancel: (cancel: () => void) => void,
): Promise<StartedThreads> {
	if (threads.count > 0) {
		const team = await ThreadTeam.start({face: 'reactor', threads, settings, host, report, onCancel});
		return {parts: team.parts, handlers: undefined};
	}

	const thread = {index: 0, count: 0, data: structuredClone(threads.data)};
	const handlers = await loadModule(threads.module, readModuleHandlers, thread);
	return {
		parts: {
			open: observer => openListener(settings, host, observer),
			describe: own => ({...own, threads: [own]}),
		},
		handlers,
	};
}
