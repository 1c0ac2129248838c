import path from 'node:path';
import {serversFolder} from './paths.js';
import {exampleServer} from './sudoku-servers.js';

/** A server with threads, or what it is compared with. */
export interface ThreadServer {
	readonly name: 'one-loop' | 'one-thread' | 'two-threads';
	readonly title: string;
	readonly command: readonly string[];
}

function accepting(threads: number): readonly string[] {
	return [process.execPath, path.join(serversFolder, 'accepting.mjs'), '--threads', String(threads)];
}

/** Both in the order in which each repetition runs them; the first is the yardstick. */
export const acceptServers: readonly ThreadServer[] = [
	{name: 'one-loop', title: 'one loop', command: accepting(0)},
	{name: 'one-thread', title: 'hand-over to 1 thread', command: accepting(1)},
	{name: 'two-threads', title: 'hand-over to 2 threads', command: accepting(2)},
];

export const loopsServers: readonly ThreadServer[] = [
	{name: 'one-loop', title: 'one loop, sudoku basic', command: exampleServer('basic')},
	{name: 'two-threads', title: 'two loops, sudoku threads', command: exampleServer('threads', '--threads', '2')},
];
