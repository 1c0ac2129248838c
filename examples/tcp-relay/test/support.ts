import {randomFillSync} from 'node:crypto';
import {fileURLToPath} from 'node:url';
import {setTimeout as delay} from 'node:timers/promises';
import {connect, listen, type ConnectionHandler, type CoTcpConnection, type CoTcpServer} from 'cotcp';
import {runProgram, startProgram, type Finished, type ListeningProgram} from '../../shared/child-program.js';

export {testWith} from '../../shared/test-with.js';
export {styleNames, type StyleName} from '../relay-arguments.js';

export const host = '127.0.0.1';
export const KiB = 1024;
export const MiB = 1024 * KiB;

const program = fileURLToPath(new URL('../relay.ts', import.meta.url));

/** A relay to a port of this machine, in a process of its own. */
export async function startRelay(style: string, port: number, to = host, ...more: string[]): Promise<ListeningProgram> {
	return startProgram(program, ['0', to, String(port), '--style', style, ...more]);
}

export async function runRelay(...args: string[]): Promise<Finished> {
	return runProgram(program, args);
}

/** A server behind the relay. */
export async function serveUpstream(handler: ConnectionHandler, at = host): Promise<CoTcpServer> {
	return listen({port: 0, host: at, onError() {}}, handler);
}

export async function dial({port}: ListeningProgram): Promise<CoTcpConnection> {
	return connect({port, host});
}

/** How a stream ended for its reader. */
export interface Ending {
	readonly ending: 'end' | 'broken';
	readonly bytes: Buffer;
}

/** Reads up to the end, or what stands in its place. */
export async function readToEnd(connection: CoTcpConnection): Promise<Ending> {
	const chunks: Buffer[] = [];
	try {
		for await (const chunk of connection) chunks.push(chunk);
	} catch {
		const {reason} = await connection.closed;
		if (reason !== 'broken') throw new Error(`it ended by ${reason}`);
		return {ending: 'broken', bytes: Buffer.concat(chunks)};
	}

	return {ending: 'end', bytes: Buffer.concat(chunks)};
}

export function randomBytes(size: number): Buffer {
	return randomFillSync(Buffer.alloc(size));
}

/** A value that comes later, from whoever calls `tell`. */
export function news<T>(): {readonly told: Promise<T>; readonly tell: (value: T) => void} {
	let tell!: (value: T) => void;
	const told = new Promise<T>(resolve => {
		tell = resolve;
	});
	return {told, tell};
}

/** Resolves when the count has stood still for a second. */
export async function standsStill(count: () => number): Promise<void> {
	const looks = 20;
	let last = count();
	for (let same = 0; same < looks; last = count()) {
		await delay(50);
		same = count() === last ? same + 1 : 0;
	}
}
