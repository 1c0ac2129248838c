import {connect, type CoTcpConnection} from 'cotcp';
import {makeMessage, type Plan} from './message.js';
import type {Peak, Sending} from './sending.js';

type SendOne = (connection: CoTcpConnection, message: Uint8Array, peak: Peak) => Promise<void>;

/** A loop over the primitive: whenever it waits, the loops of the others go on in between. */
const bySendSome: SendOne = async (connection, message, peak) => {
	for (let rest = message; rest.length > 0;) {
		const some = connection.sendSome(rest);
		peak.see(connection.stats);
		rest = rest.subarray(await some);
	}
};

/** Has the connection to itself until all of the message is out; the others wait for their turn. */
const bySend: SendOne = async (connection, message, peak) => {
	const all = connection.send(message);
	peak.see(connection.stats);
	await all;
};

/** Each sender is a task. */
async function start(sendOne: SendOne, plan: Plan, port: number, host: string, peak: Peak): Promise<Sending> {
	const {senders, messages, size} = plan;
	const connection = await connect({port, host, maxPendingBytes: Infinity});
	const send = async (sender: number) => {
		for (let message = 0; message < messages; message++)
			await sendOne(connection, makeMessage(sender, message, size), peak);
	};
	const tasks = Array.from({length: senders}, async (_, sender) => send(sender));
	const finish = async () => {
		await Promise.all(tasks);
		await connection.close();
	};
	return {stats: () => connection.stats, done: finish()};
}

export async function sendBySendSome(plan: Plan, port: number, host: string, peak: Peak): Promise<Sending> {
	return start(bySendSome, plan, port, host, peak);
}

export async function sendBySend(plan: Plan, port: number, host: string, peak: Peak): Promise<Sending> {
	return start(bySend, plan, port, host, peak);
}
