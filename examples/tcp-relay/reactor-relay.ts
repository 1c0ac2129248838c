import {EventLoop, TcpClient, TcpServer, type TcpConnection, type TcpHandlers} from 'cotcp/reactor';
import type {Relay, RelayOptions} from './relay-style.js';

/** Bytes that wait for one side before the other one is not read any more. */
const highWaterMark = 256 * 1024;

/** The context of a client's connection: the way to its upstream, which may not be there yet. */
interface Tunnel {
	readonly dialer: TcpClient;
}

type Client = TcpConnection<Tunnel>;

/** Both sides have these handlers. `otherOf`: the connection on the other side. */
function passOn<Context>(
	otherOf: (connection: TcpConnection<Context>) => TcpConnection<Tunnel> | TcpConnection | undefined,
): TcpHandlers<Context> {
	return {
		onMessage: (from, buffer) => otherOf(from)?.send(buffer.retrieveAll()),
		// The back-pressure: too much waits for `to`, so nothing more is read from the other side until it has gone.
		onHighWaterMark: to => otherOf(to)?.stopRead(),
		onWriteComplete: to => otherOf(to)?.startRead(),
		// Half of the end: the other direction goes on.
		onEnd: from => otherOf(from)?.shutdown(),
	};
}

/** Ends both sides. With `resetUnlessClosed` that is RST: no peer takes it for an end. */
function cut(client: Client): void {
	const dialer = client.getContext()?.dialer;
	dialer?.connection?.forceClose();
	dialer?.disconnect();
	client.forceClose();
}

/** Nothing is read from the client before its upstream is there. */
function dial(client: Client, {target, report}: RelayOptions): void {
	client.stopRead();
	const options = {...target, retry: false, resetUnlessClosed: true, highWaterMark};
	const dialer = new TcpClient(EventLoop.current(), options, {
		...passOn(() => client),
		onConnection(upstream) {
			if (upstream.state === 'connected') client.startRead();
		},
		onError(error) {
			report(error, client.remoteAddress);
			cut(client);
		},
		onClose(_upstream, {reason, error}) {
			if (reason === 'broken') report(error, client.remoteAddress);
			if (reason !== 'closed') cut(client);
		},
	});
	client.setContext({dialer});
	dialer.connect();
}

export async function startReactorRelay(options: RelayOptions): Promise<Relay> {
	const listenOn = {...options.listenOn, resetUnlessClosed: true, highWaterMark};
	const server = new TcpServer<Tunnel>(EventLoop.current(), listenOn, {
		...passOn<Tunnel>(client => client.getContext()?.dialer.connection),
		onConnection(client) {
			if (client.state === 'connected') dial(client, options);
		},
		onError(error, client) {
			options.report(error, client?.remoteAddress);
		},
		onClose(client, {reason}) {
			if (reason !== 'closed') cut(client);
		},
	});
	await server.start();
	return {
		address: server.address,
		async stop() {
			for (const client of server.connections) cut(client);
			await server.stop();
		},
	};
}
