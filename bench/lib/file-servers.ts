import path from 'node:path';
import {serversFolder} from './paths.js';

export type FileServerName = 'node' | 'chunked' | 'sendfile';

/** One way to send a file. It takes `--file` and prints `listening on ADDRESS:PORT`. */
export interface FileServer {
	readonly name: FileServerName;
	readonly title: string;
	readonly program: string;
}

/** In the order in which each repetition runs them. */
export const fileServers: readonly FileServer[] = [
	{name: 'node', title: 'node:net, stream', program: path.join(serversFolder, 'file-node.mjs')},
	{name: 'chunked', title: 'cotcp, chunks', program: path.join(serversFolder, 'file-chunked.mjs')},
	{name: 'sendfile', title: 'cotcp, sendFile', program: path.join(serversFolder, 'file-sendfile.mjs')},
];
