import {existsSync} from 'node:fs';
import path from 'node:path';
import {bareServerProgram, root, serversFolder} from './paths.js';
import type {ServerScenario} from './scenarios.js';

export type ServerName = 'bare' | 'node' | 'node-for-await' | 'cotcp' | 'cotcp-reactor';

/** One of those that are compared. */
export interface Server {
	readonly name: ServerName;
	readonly title: string;
	/** Program and arguments; it prints `listening on ADDRESS:PORT`. */
	command(scenario: ServerScenario): string[];
}

const largeMessage = 1024 * 1024;
const largeBuffer = 512 * 1024;

function burnArguments(scenario: ServerScenario): string[] {
	return scenario.kind === 'burst' ? ['--burn', String(scenario.burnMs)] : [];
}

function bareCommand(scenario: ServerScenario): string[] {
	const large = scenario.kind === 'echo' && scenario.size >= largeMessage;
	return [bareServerProgram, ...(large ? ['--buffer', String(largeBuffer)] : []), ...burnArguments(scenario)];
}

function nodeServer(name: ServerName, title: string, file: string): Server {
	return {
		name,
		title,
		command: scenario => [process.execPath, path.join(serversFolder, file), ...burnArguments(scenario)],
	};
}

/** In the order in which each repetition runs them. */
export const servers: readonly Server[] = [
	{name: 'bare', title: 'bare C epoll loop', command: bareCommand},
	nodeServer('node', 'node:net callbacks', 'node-callbacks.mjs'),
	nodeServer('node-for-await', 'node:net for await', 'node-for-await.mjs'),
	nodeServer('cotcp', 'cotcp', 'cotcp.mjs'),
	nodeServer('cotcp-reactor', 'cotcp/reactor', 'cotcp-reactor.mjs'),
];

/** Says what to do if one cannot be started. */
export function missingBuild(chosen: readonly Server[]): string | undefined {
	if (!chosen.some(({name}) => name.startsWith('cotcp'))) return undefined;
	const missing = ['dist/index.js', 'build/Release/cotcp.node'].find(file => !existsSync(path.join(root, file)));
	if (missing === undefined) return undefined;
	return `cotcp is not built (${missing} is missing). Run \`npm run build\`, or choose others with --server.`;
}
