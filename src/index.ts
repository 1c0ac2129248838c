/**
 * cotcp: TCP for Node.js in which a connection handler is one async function.
 *
 * @packageDocumentation
 */
export {connect} from './connect.js';
export {listen} from './listen.js';
export {sleep} from './timers.js';

export {CoTcpConnection} from './co-tcp-connection.js';
export {CoTcpServer} from './co-tcp-server.js';
export {RemoteConnection, type RemoteToken} from './remote-connection.js';

export {
	BrokenError,
	BusyError,
	ClosedError,
	LimitError,
	ProtocolError,
	ResourceError,
	TcpError,
	TimeoutError,
	UnexpectedEndError,
	type TcpErrorOptions,
} from './errors.js';

export type {
	Bytes,
	CloseInfo,
	CloseOptions,
	CloseReason,
	ConnectionState,
	ConnectionStats,
	LimitedReadOptions,
	LimitName,
	OperationOptions,
	ReadOptions,
	SendFileOptions,
	SocketAddress,
	TcpInfo,
} from './connection-types.js';
export type {
	ClientOptions,
	ConnectionOptions,
	ConnectOptions,
	KeepAliveOptions,
	ListenOptions,
	RetryOptions,
	ServerOptions,
} from './options.js';
export type {ConnectionHandler, DrainResult, ServerStats} from './server-types.js';
