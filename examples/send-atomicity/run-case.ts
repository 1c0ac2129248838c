import {listen} from 'cotcp';
import type {Plan} from './message.js';
import {Receiver, type Tally} from './receiver.js';
import {Peak, type Sending} from './sending.js';
import {readSlowly, socketIsFull} from './slow-reader.js';

const host = '127.0.0.1';

/** Starts the senders; resolves when they are at work. */
export type StartSending = (plan: Plan, port: number, host: string, peak: Peak) => Promise<Sending>;

export interface Outcome extends Tally {
	/** Bytes. */
	readonly mostPending: number;
}

/** Nothing is read before the senders have filled the socket: so one of them waits in the middle of a message, on every run. */
export async function runCase(plan: Plan, startSending: StartSending): Promise<Outcome> {
	const server = await listen({port: 0, host});
	try {
		const peak = new Peak();
		const [connection, {stats, done}] = await Promise.all([
			server.accept(),
			startSending(plan, server.address.port, host, peak),
		]);
		if (connection === null) throw new Error('the server has been closed');
		const receiver = new Receiver(plan);
		const receive = async () => {
			await socketIsFull(stats);
			await readSlowly(connection, receiver);
			await connection.close();
		};
		await Promise.all([done, receive()]);
		return {...receiver.finish(), mostPending: peak.bytes};
	} finally {
		await server.close({timeout: 0});
	}
}
