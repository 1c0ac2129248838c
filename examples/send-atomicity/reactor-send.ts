import {EventLoop, TcpClient, type TcpConnection} from 'cotcp/reactor';
import {makeMessage, type Plan} from './message.js';
import type {Peak, Sending} from './sending.js';

/** Each sender sends a message per turn of the loop. Nobody waits for anything: what the kernel does not take lies in the output buffer. */
function startSenders(connection: TcpConnection, {senders, messages, size}: Plan, peak: Peak): void {
	let left = senders * messages;
	const sendNext = (sender: number, message: number) => {
		connection.send(makeMessage(sender, message, size));
		peak.see(connection.stats);
		if (message + 1 < messages) connection.loop.queueInLoop(() => sendNext(sender, message + 1));
		if (--left === 0) connection.shutdown(); // the FIN goes out behind the last byte
	};

	for (let sender = 0; sender < senders; sender++) sendNext(sender, 0);
}

export async function sendByReactor(plan: Plan, port: number, host: string, peak: Peak): Promise<Sending> {
	let end!: () => void;
	let fail!: (error: unknown) => void;
	const done = new Promise<void>((resolve, reject) => {
		end = resolve;
		fail = reject;
	});
	return new Promise((resolve, reject) => {
		const options = {port, host, retry: false, maxPendingBytes: Infinity};
		const client = new TcpClient(EventLoop.current(), options, {
			onConnection(connection) {
				if (connection.state !== 'connected') return;
				startSenders(connection, plan, peak);
				resolve({stats: () => connection.stats, done});
			},
			onError: reject,
			onClose(_connection, {reason, error}) {
				if (reason === 'closed') end();
				else fail(error ?? new Error(`the connection ended by ${reason}`));
			},
		});
		client.connect();
	});
}
