/** A reactor server under test that writes down what its handlers are told. */
import type {ExecutionContext} from 'ava';
import {
	EventLoop,
	TcpServer,
	type TcpConnection,
	type TcpHandlers,
	type TcpServerOptions,
} from '../../src/reactor/index.js';
import type {CloseInfo} from '../../src/index.js';
import {until} from '../support/server-peers.js';

export interface Scene {
	readonly server: TcpServer;
	/** One word per call, in order, for each connection. */
	readonly logs: Map<TcpConnection, string[]>;
	readonly infos: CloseInfo[];
	readonly errors: unknown[];
	/** Resolves when `count` connections have had their last call. */
	closed(count?: number): Promise<void>;
	/** The log of the only connection. */
	readonly log: string[];
}

/** `handlers` run after the writing down. Input is taken out unless there is an onMessage. */
export async function serveReactor(
	t: ExecutionContext,
	handlers: TcpHandlers = {},
	options: Partial<TcpServerOptions> = {},
): Promise<Scene> {
	const logs = new Map<TcpConnection, string[]>();
	const infos: CloseInfo[] = [];
	const errors: unknown[] = [];
	const note = (connection: TcpConnection, word: string): void => {
		let log = logs.get(connection);
		if (log === undefined) logs.set(connection, (log = []));
		log.push(word);
	};
	const place = options.path === undefined ? {port: 0, host: '127.0.0.1'} : {};
	const server = new TcpServer(
		EventLoop.current(),
		{...place, ...options},
		{
			onConnection(connection) {
				note(connection, connection.state === 'connected' ? 'up' : 'down');
				return handlers.onConnection?.(connection);
			},
			onMessage(connection, buffer, receiveTime) {
				note(connection, 'message');
				if (handlers.onMessage === undefined) buffer.retrieveAll();
				return handlers.onMessage?.(connection, buffer, receiveTime);
			},
			onWriteComplete(connection) {
				note(connection, 'written');
				return handlers.onWriteComplete?.(connection);
			},
			onHighWaterMark(connection, bytes) {
				note(connection, 'high');
				return handlers.onHighWaterMark?.(connection, bytes);
			},
			onEnd(connection) {
				note(connection, 'end');
				if (handlers.onEnd === undefined) connection.shutdown();
				return handlers.onEnd?.(connection);
			},
			onError(error, connection) {
				errors.push(error);
				if (connection !== undefined) note(connection, 'error');
				handlers.onError?.(error, connection);
			},
			onClose(connection, info) {
				note(connection, 'close');
				infos.push(info);
				return handlers.onClose?.(connection, info);
			},
		},
	);
	await server.start();
	t.teardown(async () => {
		await server.stop({timeout: 0});
	});
	return {
		server,
		logs,
		infos,
		errors,
		async closed(count = 1) {
			await until(`${count} connections have ended`, () => infos.length >= count);
		},
		get log() {
			return [...logs.values()][0] ?? [];
		},
	};
}
