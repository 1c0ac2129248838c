import {sleep, type CoTcpConnection} from 'cotcp';
import type {Receiver} from './receiver.js';

/** It sleeps for a moment after so many bytes. */
const portion = 1024 * 1024;
const pauseMs = 1;
/** So many turns of the loop without progress: it is not that the turn's credit was used up. */
const quietTurns = 10;

/** What a sender's connection, of either face, tells of itself. */
export interface SenderStats {
	readonly bytesWritten: number;
	readonly pendingBytes: number;
}

/** Resolves when the kernel takes nothing more of a peer that does not read, or when nothing is left to send. */
export async function socketIsFull(stats: () => SenderStats): Promise<void> {
	let last = -1;
	for (let quiet = 0; quiet < quietTurns;) {
		await new Promise(setImmediate);
		const {bytesWritten} = stats();
		quiet = bytesWritten === last ? quiet + 1 : 0;
		last = bytesWritten;
	}
}

/** Reads everything up to the end, with pauses. */
export async function readSlowly(connection: CoTcpConnection, receiver: Receiver): Promise<void> {
	let sincePause = 0;
	for await (const chunk of connection) {
		receiver.add(chunk);
		sincePause += chunk.length;
		if (sincePause < portion) continue;
		sincePause = 0;
		await sleep(pauseMs);
	}
}
