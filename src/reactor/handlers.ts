/** The callbacks of the reactor, and how they are called. */
import type {InputBuffer} from '../codec/input-buffer.js';
import type {CloseInfo} from '../connection-types.js';
import {reportError} from '../server/error-report.js';
import type {TcpConnection} from './tcp-connection.js';

/**
 * All optional. Never called from inside a call of the library. Order for one connection: onConnection (up), then onMessage,
 * onWriteComplete and onHighWaterMark, onEnd after the last onMessage, then at the end: onError (if there was one), onConnection (down), onClose; nothing after.
 * What a handler throws (an async one: rejects with) resets the connection and goes to onError.
 *
 * @example
 * ```ts
 * const echo: TcpHandlers = {onMessage: (connection, buffer) => connection.send(buffer.retrieveAll())};
 * ```
 */
export interface TcpHandlers<Context = unknown> {
	/** Once up (`state` connected), once down (`state` disconnected; addresses, context, unread input still there). */
	onConnection?(connection: TcpConnection<Context>): void;
	/**
	 * Bytes have come. Unread ones stay in `buffer`, the same object for the connection's life. `receiveTime`: `loop.now()` of the wake-up. Absent:
	 * input is dropped.
	 */
	onMessage?(connection: TcpConnection<Context>, buffer: InputBuffer, receiveTime: number): void;
	/** The output buffer has become empty, also when `send` wrote all at once; one call per turn, in the next turn. */
	onWriteComplete?(connection: TcpConnection<Context>): void;
	/** A send took the output buffer from at most `highWaterMark` to `bytes`. */
	onHighWaterMark?(connection: TcpConnection<Context>, bytes: number): void;
	/** The peer's FIN. The connection stays open for sending until you `shutdown()`. Absent: `shutdown()` is called. */
	onEnd?(connection: TcpConnection<Context>): void;
	/**
	 * What a handler threw, unless it is an outcome of this very connection, what disposing a context threw, and with `connection` undefined:
	 * failures to accept (ResourceError, at most one per pause), and a client's final failure to connect. Absent: `process.emitWarning`.
	 */
	onError?(error: unknown, connection: TcpConnection<Context> | undefined): void;
	/** The last call. */
	onClose?(connection: TcpConnection<Context>, info: CloseInfo): void;
}

/** The names of {@link TcpHandlers}. */
export const handlerNames = [
	'onConnection',
	'onMessage',
	'onWriteComplete',
	'onHighWaterMark',
	'onEnd',
	'onError',
	'onClose',
] as const satisfies ReadonlyArray<keyof TcpHandlers>;

/** Calls a handler; what it throws, or rejects with, goes to `fail`. */
export function callHandler(call: () => unknown, fail: (error: unknown) => void): void {
	try {
		const result = call();
		// One that is async after all.
		if (result instanceof Promise) result.catch(fail);
	} catch (error) {
		fail(error);
	}
}

/** Tells `onError`; without it the process is warned. `name`: of the server or client. */
export function tellError<Context>(
	handlers: TcpHandlers<Context>,
	error: unknown,
	connection: TcpConnection<Context> | undefined,
	name: string,
): void {
	if (handlers.onError === undefined) {
		reportError(undefined, error, undefined, `cotcp: ${name} failed`);
		return;
	}

	if (connection === undefined) {
		reportError<TcpConnection<Context>>(
			(thrown, about) => {
				handlers.onError?.(thrown, about);
			},
			error,
			undefined,
			'',
		);
		return;
	}

	// Of a connection: in its place among the callbacks of its end.
	callHandler(
		() => handlers.onError?.(error, connection),
		thrown => {
			reportError(undefined, thrown, undefined, 'onError threw');
		},
	);
}
