import {lookup} from 'node:dns';
import {BlockList} from 'node:net';
import {expectAssignable, expectNotAssignable, expectType} from 'tsd';
import type {
	ClientOptions,
	CloseOptions,
	ConnectionOptions,
	ConnectOptions,
	CoTcpConnection,
	KeepAliveOptions,
	LimitedReadOptions,
	ListenOptions,
	OperationOptions,
	ReadOptions,
	RetryOptions,
	ServerOptions,
	TcpError,
} from 'cotcp';

// Exactly these names: an option that is accepted and ignored would be worse than none.
type ConnectionNames =
	| 'noDelay'
	| 'keepAlive'
	| 'maxPendingBytes'
	| 'stallTimeout'
	| 'sendTimeout'
	| 'idleTimeout'
	| 'frameTimeout'
	| 'closeTimeout'
	| 'resetUnlessClosed';
type ServerNames =
	| ConnectionNames
	| 'name'
	| 'port'
	| 'host'
	| 'path'
	| 'backlog'
	| 'ipv6Only'
	| 'reusePort'
	| 'maxConnections'
	| 'overload'
	| 'threads'
	| 'maxConnectionsPerAddress'
	| 'blockList';
type ClientNames =
	| ConnectionNames
	| 'name'
	| 'port'
	| 'host'
	| 'path'
	| 'family'
	| 'lookup'
	| 'attemptDelay'
	| 'localAddress'
	| 'localPort';
type OperationNames = 'signal' | 'timeout';

expectType<ConnectionNames>({} as keyof ConnectionOptions);
expectType<'initialDelay' | 'interval' | 'count'>({} as keyof KeepAliveOptions);
expectType<ServerNames>({} as keyof ServerOptions);
expectType<ServerNames | OperationNames | 'onError'>({} as keyof ListenOptions);
expectType<ClientNames>({} as keyof ClientOptions);
expectType<ClientNames | OperationNames | 'retry'>({} as keyof ConnectOptions);
expectType<'maxAttempts' | 'minDelay' | 'maxDelay' | 'attemptTimeout' | 'onRetry'>({} as keyof RetryOptions);
expectType<OperationNames>({} as keyof OperationOptions);
expectType<OperationNames | 'max' | 'copy'>({} as keyof ReadOptions);
expectType<OperationNames | 'limit'>({} as keyof LimitedReadOptions);
expectType<'timeout'>({} as keyof CloseOptions);

// Normal use.
const {signal} = new AbortController();
expectAssignable<ListenOptions>({port: 0});
expectAssignable<ListenOptions>({path: '/run/echo', signal, timeout: 1000});
expectAssignable<ListenOptions>({
	name: 'echo',
	port: 1,
	host: '::1',
	backlog: 1,
	ipv6Only: true,
	reusePort: true,
	maxConnections: Infinity,
	overload: 'reset',
	maxConnectionsPerAddress: 1,
	blockList: new BlockList(),
	stallTimeout: 1,
	sendTimeout: Infinity,
	idleTimeout: 0.5,
	noDelay: false,
	keepAlive: {initialDelay: 1000, interval: 1000, count: 1},
	maxPendingBytes: 1,
	closeTimeout: 0,
	resetUnlessClosed: true,
	onError(error, connection) {
		expectType<unknown>(error);
		expectType<CoTcpConnection | undefined>(connection);
	},
});
expectAssignable<ListenOptions<number>>({
	onError(_error, connection) {
		expectType<number | undefined>(connection?.getContext());
	},
});
expectAssignable<ConnectOptions>({port: 80, host: 'example.com', family: 6, lookup, attemptDelay: 1, keepAlive: true});
expectAssignable<ConnectOptions>({path: '\0abstract', maxPendingBytes: Infinity});
expectAssignable<ConnectOptions>({port: 80, localAddress: '127.0.0.1', localPort: 0, signal, timeout: Infinity});
expectAssignable<ConnectOptions>({port: 80, retry: true});
expectAssignable<ConnectOptions>({port: 80, retry: {}});
expectAssignable<ConnectOptions>({
	port: 80,
	retry: {
		maxAttempts: Infinity,
		minDelay: 0.5,
		maxDelay: 1,
		attemptTimeout: 1,
		onRetry(error, delay, attempt) {
			expectType<TcpError>(error);
			expectType<number>(delay);
			expectType<number>(attempt);
		},
	},
});

// undefined counts as absent, also under exactOptionalPropertyTypes.
type Undefined<Options> = {[Name in keyof Options]-?: undefined};
expectAssignable<ListenOptions>({} as Undefined<ListenOptions>);
expectAssignable<ConnectOptions>({} as Undefined<ConnectOptions>);
expectAssignable<RetryOptions>({} as Undefined<RetryOptions>);
expectAssignable<KeepAliveOptions>({} as Undefined<KeepAliveOptions>);
expectAssignable<ReadOptions>({} as Undefined<ReadOptions>);
expectAssignable<LimitedReadOptions>({} as Undefined<LimitedReadOptions>);
expectAssignable<CloseOptions>({} as Undefined<CloseOptions>);

// Wrong types.
expectNotAssignable<ListenOptions>({port: '80'});
expectNotAssignable<ListenOptions>({port: 80n});
expectNotAssignable<ListenOptions>({port: null});
expectNotAssignable<ListenOptions>({overload: 'drop'});
expectNotAssignable<ListenOptions>({keepAlive: 1000});
expectNotAssignable<ListenOptions>({keepAlive: {count: '1'}});
expectNotAssignable<ListenOptions>({noDelay: 1});
expectNotAssignable<ListenOptions>({maxPendingBytes: '2 MiB'});
expectNotAssignable<ListenOptions>({maxPendingBytes: 1n});
expectNotAssignable<ListenOptions>({stallTimeout: '1s'});
expectNotAssignable<ListenOptions>({blockList: ['127.0.0.1']});
expectNotAssignable<ListenOptions>({maxConnectionsPerAddress: 1n});
expectNotAssignable<ConnectOptions>({blockList: new BlockList()});
expectNotAssignable<ListenOptions>({path: new URL('file:///run/echo')});
expectNotAssignable<ListenOptions>({onError: 'log'});
expectNotAssignable<ConnectOptions>({family: 5});
expectNotAssignable<ConnectOptions>({family: 'IPv4'});
expectNotAssignable<ConnectOptions>({lookup: 'dns'});
expectNotAssignable<ConnectOptions>({attemptDelay: '250'});
expectNotAssignable<ConnectOptions>({retry: 5});
expectNotAssignable<ConnectOptions>({retry: {maxAttempts: '3'}});
expectNotAssignable<ConnectOptions>({retry: {retries: 3}});
expectNotAssignable<ConnectOptions>({retry: {onRetry: 'log'}});
expectNotAssignable<OperationOptions>({signal: new AbortController()});
expectNotAssignable<OperationOptions>({timeout: '1s'});
expectNotAssignable<ReadOptions>({max: '1'});
expectNotAssignable<ReadOptions>({copy: 1});
expectNotAssignable<LimitedReadOptions>({limit: 1n});
