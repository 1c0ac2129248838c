import {existsSync} from 'node:fs';
import path from 'node:path';
import {bareFrameServerProgram, bareServerProgram, root, serversFolder} from './paths.js';
import type {ServerScenario} from './scenarios.js';

export type ServerName =
	'bare' | 'bare-fresh' | 'node' | 'node-for-await' | 'node-per-frame' | 'awaits-only' | 'cotcp' | 'cotcp-reactor';

/** One of those that are compared. */
export interface Server {
	readonly name: ServerName;
	readonly title: string;
	/** It has a program for the scenario. */
	plays(scenario: ServerScenario): boolean;
	/** Program and arguments; it prints `listening on ADDRESS:PORT`. */
	command(scenario: ServerScenario): string[];
}

const largeMessage = 1024 * 1024;
const largeBuffer = 512 * 1024;

function burnArguments(scenario: ServerScenario): string[] {
	return scenario.kind === 'burst' ? ['--burn', String(scenario.burnMs)] : [];
}

/** As much as V8 lets lie between two collections. */
const freshBytes = 32 * 1024 * 1024;
/** What the program takes. */
const mostBuffers = 65_536;

function bareFreshCommand(scenario: ServerScenario): string[] {
	if (scenario.kind !== 'echo') throw new TypeError(`There is no program for the scenario ${scenario.name}`);
	const bytes = scenario.size * scenario.depth;
	const buffers = Math.min(mostBuffers, Math.ceil(freshBytes / bytes));
	return [bareServerProgram, '--buffer', String(bytes), '--buffers', String(buffers)];
}

function isFramed(scenario: ServerScenario): boolean {
	return scenario.kind === 'echo' && scenario.framed === true;
}

function bareCommand(scenario: ServerScenario): string[] {
	if (isFramed(scenario)) return [bareFrameServerProgram];
	const large = scenario.kind === 'echo' && scenario.size >= largeMessage;
	return [bareServerProgram, ...(large ? ['--buffer', String(largeBuffer)] : []), ...burnArguments(scenario)];
}

/** `framedFile`: the one that takes frames apart. */
function nodeServer(name: ServerName, title: string, file: string, framedFile?: string): Server {
	return {
		name,
		title,
		plays: scenario => framedFile !== undefined || !isFramed(scenario),
		command(scenario) {
			const program = isFramed(scenario) ? (framedFile ?? file) : file;
			return [process.execPath, path.join(serversFolder, program), ...burnArguments(scenario)];
		},
	};
}

/** One that is compared where frames are, and nowhere else. */
function frameServer(name: ServerName, title: string, file: string): Server {
	const command = (): string[] => [process.execPath, path.join(serversFolder, file)];
	return {name, title, plays: isFramed, command};
}

/** In the order in which each repetition runs them. */
export const servers: readonly Server[] = [
	{name: 'bare', title: 'bare C epoll loop', plays: () => true, command: bareCommand},
	{
		name: 'bare-fresh',
		title: 'the same, memory not written again',
		plays: scenario => scenario.kind === 'echo' && !isFramed(scenario),
		command: bareFreshCommand,
	},
	nodeServer('node', 'node:net callbacks', 'node-callbacks.mjs', 'framed-node.mjs'),
	nodeServer('node-for-await', 'node:net for await', 'node-for-await.mjs'),
	frameServer('node-per-frame', 'node:net, a write per frame', 'framed-node-per-frame.mjs'),
	frameServer('awaits-only', 'two awaits per frame, no framing', 'framed-awaits-only.mjs'),
	nodeServer('cotcp', 'cotcp', 'cotcp.mjs', 'framed-cotcp.mjs'),
	nodeServer('cotcp-reactor', 'cotcp/reactor', 'cotcp-reactor.mjs', 'framed-cotcp-reactor.mjs'),
];

/** Those of the chosen that have a program for the scenario. */
export function serversFor(scenario: ServerScenario, chosen: readonly Server[]): readonly Server[] {
	return chosen.filter(server => server.plays(scenario));
}

/** Says what to do if one cannot be started. */
export function missingBuild(chosen: readonly Server[]): string | undefined {
	if (!chosen.some(({name}) => name === 'awaits-only' || name.startsWith('cotcp'))) return undefined;
	const missing = ['dist/index.js', 'build/Release/cotcp.node'].find(file => !existsSync(path.join(root, file)));
	if (missing === undefined) return undefined;
	return `cotcp is not built (${missing} is missing). Run \`npm run build\`, or choose others with --server.`;
}
