import {BrokenError, connect, listen, type CoTcpConnection} from 'cotcp';
import type {Relay, RelayOptions} from './relay-style.js';

/** Once `from` is broken, what it had sent before goes on if that needs no waiting. A send that waits is given up then. */
async function pass(from: CoTcpConnection, to: CoTcpConnection): Promise<void> {
	for await (const chunk of from) await to.send(chunk, from.signal.aborted ? {timeout: 0} : {signal: from.signal});
	await to.shutdown();
	const {error} = await from.closed; // it may still break while the other direction is under way
	if (error instanceof BrokenError) throw error;
}

export async function startCoroutineRelay({listenOn, target, report}: RelayOptions): Promise<Relay> {
	const onError = (error: unknown, client?: CoTcpConnection) => {
		if (!(client?.signal.reason instanceof BrokenError)) report(error, client?.remoteAddress);
	};
	const server = await listen({...listenOn, resetUnlessClosed: true, onError}, async client => {
		const upstream = await connect({...target, resetUnlessClosed: true, signal: client.signal});
		try {
			await Promise.all([pass(client, upstream), pass(upstream, client)]);
		} catch (error) {
			upstream.reset();
			throw error; // which resets the client
		}
	});
	return {address: server.address, stop: async () => server.close({timeout: 0})};
}
