import {expectAssignable, expectError, expectType} from 'tsd';
import type {Buffer} from 'node:buffer';
import type {
	CloseInfo,
	ConnectionState,
	CoTcpConnection,
	DrainResult,
	ServerStats,
	SocketAddress,
	TcpInfo,
} from '../../dist/index.js';
import {
	EventLoop,
	InputBuffer,
	TcpClient,
	TcpConnection,
	TcpServer,
	type LoopStats,
	type TcpClientOptions,
	type TcpHandlers,
	type TcpServerOptions,
	type TimerId,
} from '../../dist/reactor/index.js';

const loop = EventLoop.current();
expectType<EventLoop>(loop);
expectType<number>(loop.now());
expectType<TimerId>(loop.runAt(1, () => {}));
expectType<TimerId>(loop.runAfter(1, () => {}));
expectType<TimerId>(loop.runEvery(1, () => {}));
expectError(loop.runAfter('1', () => {}));
expectError(loop.runAfter(1));
expectType<boolean>(loop.cancel(loop.runAfter(1, () => {})));
expectError(loop.cancel(5));
expectType<void>(loop.queueInLoop(() => {}));
expectType<LoopStats>(loop.stats);
expectError((loop.stats.timers = 1));

const handlers: TcpHandlers<string> = {
	onConnection(connection) {
		expectType<TcpConnection<string>>(connection);
		expectType<ConnectionState>(connection.state);
		expectType<bigint>(connection.id);
		expectType<string>(connection.name);
		expectType<EventLoop>(connection.loop);
		expectType<SocketAddress>(connection.remoteAddress);
		expectType<string | undefined>(connection.getContext());
		connection.setContext('text');
		expectError(connection.setContext(5));
		expectType<TcpInfo | null>(connection.info());
		expectType<CoTcpConnection<string>>(connection.toAwaitable());
		expectType<TcpConnection<string>>(connection.ref());
		expectError(connection.send(5));
		expectType<void>(connection.send(['text', new Uint8Array(1)]));
	},
	onMessage(_connection, buffer, receiveTime) {
		expectType<InputBuffer>(buffer);
		expectType<number>(receiveTime);
		expectType<Buffer>(buffer.peek());
		expectType<Buffer>(buffer.retrieve(1));
		expectType<string>(buffer.retrieveAsString());
		expectType<number>(buffer.readInt32BE());
		expectType<bigint>(buffer.peekBigUInt64LE(4));
		expectType<number>(buffer.findCRLF());
		expectError(buffer.readFloatBE());
	},
	onClose(_connection, info) {
		expectType<CloseInfo>(info);
	},
};

const server = new TcpServer<string>(loop, {port: 0, highWaterMark: 1}, handlers);
expectType<Promise<void>>(server.start());
expectType<Promise<DrainResult>>(server.stop({timeout: 5}));
expectType<ServerStats>(server.stats);
expectType<ReadonlySet<TcpConnection<string>>>(server.connections);
expectAssignable<AsyncDisposable>(server);
expectAssignable<TcpServerOptions>({path: '/tmp/socket', maxPendingBytes: Infinity});
expectError<TcpServerOptions>({port: '80'});
expectError<TcpServerOptions>({port: 0, threads: './x.js'});

const client = new TcpClient<string>(loop, {port: 1, retry: {maxAttempts: 3}}, handlers);
expectType<void>(client.connect());
expectType<void>(client.disconnect());
expectType<Promise<void>>(client.stop());
expectType<TcpConnection<string> | undefined>(client.connection);
expectError(new TcpClient(loop, {port: 1}));
expectError<TcpClientOptions>({port: 1, retry: 'yes'});
