/** Sends that native code holds a rest of, though no call waits any more. */
import {performance} from 'node:perf_hooks';
import {setTimeout as delay} from 'node:timers/promises';
import type {CoTcpConnection} from '../../src/index.js';

export interface Posted {
	readonly sends: number;
	readonly bytes: number;
	/** When the rest was first seen. */
	readonly since: number;
}

/** Small sends until the kernel leaves a rest of one for `settleMs`, or the connection has ended for it. The peer reads nothing. */
export async function postUntilFull(
	connection: CoTcpConnection,
	peer: CoTcpConnection,
	settleMs: number,
): Promise<Posted> {
	const piece = Buffer.alloc(4000, 'p');
	for (let sends = 1; ; sends++) {
		// In a batch, with more input behind it: that is when a send is posted. Any other one would wait for the peer.
		await peer.send('xy');
		await connection.read({max: 1});
		await connection.send(piece);
		await connection.read({max: 1});
		if (connection.stats.pendingBytes === 0) continue;
		const since = performance.now();
		// The kernel may take the rest a little later.
		await delay(settleMs);
		const isOver = connection.stats.pendingBytes > 0 || connection.state !== 'connected';
		if (isOver) return {sends, bytes: sends * piece.length, since};
	}
}
