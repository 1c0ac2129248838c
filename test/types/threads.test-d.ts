import {expectAssignable, expectError, expectNotAssignable, expectType} from 'tsd';
import {
	listen,
	type ConnectionHandler,
	type CoTcpServer,
	type ListenOptions,
	type ServerStats,
	type ThreadInfo,
	type ThreadModule,
	type ThreadOptions,
} from 'cotcp';
import {EventLoop, TcpServer, type TcpHandlers, type TcpThreadModule} from 'cotcp/reactor';

// Options.
expectAssignable<ThreadOptions>({module: './handler.js'});
expectAssignable<ThreadOptions>({
	module: new URL('file:///a.js'),
	count: 0,
	dispatch: 'reuseport',
	data: {any: 'thing'},
});
expectAssignable<ThreadOptions>({module: './a.js', count: undefined, dispatch: undefined, data: undefined});
expectNotAssignable<ThreadOptions>({});
expectNotAssignable<ThreadOptions>({module: './a.js', dispatch: 'random'});
expectNotAssignable<ThreadOptions>({module: './a.js', count: '2'});
expectNotAssignable<ThreadOptions>({module: () => {}});
expectAssignable<ListenOptions>({port: 1, threads: {module: './a.js'}});
expectType<Promise<CoTcpServer>>(listen({port: 1, threads: {module: './a.js'}}));
expectError(listen({port: 1, threads: './a.js'}));

// What a module exports.
declare const handler: ConnectionHandler;
expectAssignable<ThreadModule>({default: handler});
expectAssignable<ThreadModule>({default: handler, threadInit: () => {}});
expectAssignable<ThreadModule>({
	default: handler,
	threadInit: async ({index, count, data}: ThreadInfo) => {
		expectType<number>(index);
		expectType<number>(count);
		expectType<unknown>(data);
	},
});
expectNotAssignable<ThreadModule>({});
declare const handlers: TcpHandlers;
expectAssignable<TcpThreadModule>({default: handlers});
expectNotAssignable<TcpThreadModule>({default: 5});

// Counters.
declare const stats: ServerStats;
expectType<readonly ServerStats[] | undefined>(stats.threads);

expectType<TcpServer>(new TcpServer(EventLoop.current(), {port: 1, threads: {module: './a.js'}}));
