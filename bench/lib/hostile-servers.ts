import path from 'node:path';
import {serversFolder} from './paths.js';

export type HostileServerName = 'cotcp' | 'cotcp-reactor';

/** A server with limits. It takes `--stall` and `--frame` and prints two ports; see servers/hostile-options.mjs. */
export interface HostileServer {
	readonly name: HostileServerName;
	readonly title: string;
	readonly program: string;
}

/** In the order in which each repetition runs them. */
export const hostileServers: readonly HostileServer[] = [
	{name: 'cotcp', title: 'cotcp', program: path.join(serversFolder, 'hostile-cotcp.mjs')},
	{name: 'cotcp-reactor', title: 'cotcp/reactor', program: path.join(serversFolder, 'hostile-cotcp-reactor.mjs')},
];
