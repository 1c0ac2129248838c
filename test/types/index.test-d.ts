import {BlockList} from 'node:net';
import {expectAssignable, expectError, expectNotAssignable, expectType} from 'tsd';
import * as cotcp from 'cotcp';
import {connect, listen, sleep, type ConnectionHandler, type CoTcpConnection, type CoTcpServer} from 'cotcp';

// Exactly these values are public.
expectType<
	| 'listen'
	| 'connect'
	| 'sleep'
	| 'CoTcpServer'
	| 'CoTcpConnection'
	| 'TcpError'
	| 'ClosedError'
	| 'BusyError'
	| 'TimeoutError'
	| 'BrokenError'
	| 'UnexpectedEndError'
	| 'LimitError'
	| 'ProtocolError'
	| 'RemoteConnection'
	| 'ResourceError'
>({} as keyof typeof cotcp);

// listen.
expectType<Promise<CoTcpServer>>(listen({port: 0}));
expectType<Promise<CoTcpServer>>(
	listen({port: 0}, async connection => {
		expectType<CoTcpConnection>(connection);
		for await (const chunk of connection) await connection.send(chunk);
	}),
);
expectType<Promise<CoTcpServer>>(
	listen({path: '/run/echo'}, connection => {
		connection.reset();
	}),
);
expectType<Promise<CoTcpServer<number>>>(
	listen<number>({port: 0}, connection => {
		expectType<number | undefined>(connection.getContext());
	}),
);
expectType<Promise<CoTcpServer<number>>>(listen<number>({port: 0}));
await using server = await listen({port: 0});
expectType<CoTcpServer>(server);

expectAssignable<ConnectionHandler>(() => {});
expectAssignable<ConnectionHandler>(async () => {});
expectAssignable<ConnectionHandler<number>>((connection: CoTcpConnection<number>) => connection.discard(1));
expectNotAssignable<ConnectionHandler>((_connection: string) => {});
expectNotAssignable<ConnectionHandler>(async () => 5);

expectError(listen());
expectError(listen(80));
expectError(listen({port: '80'}));
expectError(listen({port: 0, handler() {}}));
expectError(listen({port: 0}, 'handler'));
expectError(listen({port: 0}, (_connection: string) => {}));
expectError(listen({port: 0}, async () => 5));
expectError(listen(async () => {}));

// connect.
expectType<Promise<CoTcpConnection>>(connect({port: 80}));
expectType<Promise<CoTcpConnection<{count: number}>>>(connect<{count: number}>({port: 80}));
await using connection = await connect({port: 80, host: 'example.com', timeout: 1000});
expectType<CoTcpConnection>(connection);

expectError(connect());
expectError(connect(80));
expectError(connect(80, 'localhost'));
expectError(connect({port: 80, hostname: 'example.com'}));
expectError(connect({port: 80}, () => {}));

// sleep.
expectType<Promise<void>>(sleep(10));
expectType<Promise<void>>(sleep(0.5, {signal: AbortSignal.abort()}));
expectType<Promise<void>>(sleep(1, {signal: undefined}));
expectError(sleep());
expectError(sleep('10'));
expectError(sleep(10n));
expectError(sleep(10, {timeout: 5}));

// Limits.
void listen({port: 0, maxConnectionsPerAddress: 1});
void listen({port: 0, blockList: new BlockList()});
void listen({port: 0, stallTimeout: 1});
void listen({port: 0, sendTimeout: 1});
void listen({port: 0, idleTimeout: 1});
void connect({port: 80, stallTimeout: 1});
void connect({port: 80, sendTimeout: 1});
void connect({port: 80, idleTimeout: 1});

// Come with later issues: no option is accepted and ignored.
expectError(listen({port: 0, threads: {module: './handler.js'}}));

// Nor are the types that only they use.
// @ts-expect-error -- framed
export type MissingFramedConnection = cotcp.FramedConnection;
// @ts-expect-error -- threads
export type MissingThreadOptions = cotcp.ThreadOptions;
// @ts-expect-error -- threads
export type MissingThreadInfo = cotcp.ThreadInfo;
// @ts-expect-error -- threads
export type MissingThreadModule = cotcp.ThreadModule;
