import {expectAssignable, expectError, expectNotAssignable, expectType} from 'tsd';
import {
	CoTcpServer,
	type CloseReason,
	type CoTcpConnection,
	type DrainResult,
	type ServerStats,
	type SocketAddress,
} from 'cotcp';

declare const server: CoTcpServer;
const {signal} = new AbortController();

// What it is.
expectType<SocketAddress>(server.address);
expectType<string>(server.name);
expectType<ReadonlySet<CoTcpConnection>>(server.connections);
expectType<ServerStats>(server.stats);
expectType<AbortSignal>(server.draining);
expectType<Promise<DrainResult>>(server.closed);
expectAssignable<AsyncIterable<CoTcpConnection>>(server);
expectAssignable<AsyncDisposable>(server);
expectNotAssignable<Disposable>(server);

// What it does.
expectType<Promise<CoTcpConnection | null>>(server.accept());
expectType<Promise<CoTcpConnection | null>>(server.accept({signal, timeout: 1}));
expectType<Promise<DrainResult>>(server.close());
expectType<Promise<DrainResult>>(server.close({timeout: 0}));
expectType<CoTcpServer>(server.ref());
expectType<CoTcpServer>(server.unref());
expectType<AsyncIterableIterator<CoTcpConnection>>(server[Symbol.asyncIterator]());
expectType<Promise<void>>(server[Symbol.asyncDispose]());
for await (const connection of server) expectType<CoTcpConnection>(connection);

// Its connections have the type of its context.
declare const counting: CoTcpServer<number>;
expectType<Promise<CoTcpConnection<number> | null>>(counting.accept());
expectType<ReadonlySet<CoTcpConnection<number>>>(counting.connections);
expectType<CoTcpServer<number>>(counting.ref());

// Values.
expectType<'drained' | 'aborted'>({} as keyof DrainResult);
expectType<
	| 'accepted'
	| 'open'
	| 'refused'
	| 'acceptErrors'
	| 'handlerErrors'
	| 'ended'
	| 'bytesRead'
	| 'bytesWritten'
	| 'threads'
>({} as keyof ServerStats);
expectType<Readonly<Record<CloseReason, number>>>(server.stats.ended);
expectType<number>(server.stats.ended.closed);
expectType<number>(server.stats.ended.maxPendingBytes);
expectType<Readonly<Record<'maxConnections' | 'maxConnectionsPerAddress' | 'blockList', number>>>(server.stats.refused);
expectType<number>(server.stats.refused.maxConnections);

// What must not compile.
expectNotAssignable<new (...args: never[]) => unknown>(CoTcpServer);
expectError(server.accept(1));
expectError(server.close(1000));
expectError(server.close({signal}));
expectError(server.connections.add({} as CoTcpConnection));
expectError((server.name = 'mine'));
expectError((server.stats.open = 0));
expectError((server.stats.ended.closed = 0));
expectError(server.listen(80));

// Come with later issues.
expectError(server.stats.threads?.push(server.stats));
expectType<number>(server.stats.refused.maxConnectionsPerAddress);
expectType<number>(server.stats.refused.blockList);
expectType<number>(server.stats.ended.protocol);
expectType<number>(server.stats.ended.frameTimeout);
expectType<number>(server.stats.ended.idleTimeout);
