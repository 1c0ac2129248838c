/**
 * cotcp/reactor: callbacks on the same core, in the manner of muduo.
 *
 * @packageDocumentation
 */
export {InputBuffer} from '../codec/input-buffer.js';
export {EventLoop, type LoopStats, type TimerId} from './event-loop.js';
export {onFrames} from './on-frames.js';
export type {TcpHandlers} from './handlers.js';
export type {HighWaterOptions, TcpClientOptions, TcpServerOptions} from './options.js';
export {TcpClient} from './tcp-client.js';
export {TcpConnection} from './tcp-connection.js';
export {TcpServer} from './tcp-server.js';
export type {TcpThreadModule} from './thread-types.js';
