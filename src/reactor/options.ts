/** Options of the reactor's servers and clients: checked, with their defaults filled in. */
import type {ConnectionLimits} from '../connection/limits.js';
import {native} from '../internal/addon.js';
import {normalizeClient, normalizeServer, type ClientSettings, type ServerSettings} from '../normalize-endpoint.js';
import type {RetrySettings} from '../normalize-retry.js';
import type {ClientOptions, RetryOptions, ServerOptions} from '../options.js';
import {checkLimit, checkOptionsObject, invalidArgType, optional, outOfRange, type Unchecked} from '../validate.js';
import type {ServerParts} from '../server/server-parts.js';
import {handlerNames, type TcpHandlers} from './handlers.js';
import type {OutputLimits} from './output.js';

/** When a connection has much to send. */
export interface HighWaterOptions {
	/** Bytes in the output buffer, an integer from 1. At most `maxPendingBytes`, else RangeError. Default: half of `maxPendingBytes`, at most 1 MiB. */
	highWaterMark?: number | undefined;
}

/**
 * Options of a TcpServer.
 *
 * @example
 * ```ts
 * const options: TcpServerOptions = {port: 9981, maxPendingBytes: 1024 * 1024};
 * ```
 */
export interface TcpServerOptions extends ServerOptions, HighWaterOptions {}

/** {@link TcpServerOptions}, checked. */
export interface TcpServerSettings extends ServerSettings {
	readonly limits: OutputLimits;
}

/**
 * Options of a TcpClient.
 *
 * @example
 * ```ts
 * const options: TcpClientOptions = {port: 9981, retry: {maxDelay: 5000, onRetry: (error, delay) => console.warn(error.message, delay)}};
 * ```
 */
export interface TcpClientOptions extends ClientOptions, HighWaterOptions {
	/**
	 * For connecting, and again after a drop (first delay random from 0 to 1,000 ms). false: one try, no reconnect; true: the defaults of
	 * RetryOptions. Default: true.
	 */
	retry?: boolean | RetryOptions | undefined;
}

/** {@link TcpClientOptions}, checked. */
export interface TcpClientSettings extends ClientSettings {
	readonly retry: RetrySettings;
	/** false: it does not connect again after a drop. */
	readonly reconnects: boolean;
	readonly limits: OutputLimits;
}

/** Options of a server that the library makes in a worker thread: checked elsewhere, and with what only the library can give. */
export class ServerInside {
	readonly settings: TcpServerSettings;
	readonly parts: ServerParts;
	/** Is told what the handlers have no `onError` for. */
	readonly report: (error: unknown) => void;

	constructor(settings: TcpServerSettings, parts: ServerParts, report: (error: unknown) => void) {
		this.settings = settings;
		this.parts = parts;
		this.report = report;
	}

	/** For the constructor of TcpServer, which knows its own. */
	get asOptions(): TcpServerOptions {
		return this as unknown as TcpServerOptions;
	}
}

const mostDefaultHighWater = 1024 * 1024;

export function normalizeTcpServer(options: TcpServerOptions): TcpServerSettings {
	const server = normalizeServer(options);
	return {...server, limits: readLimits(options, server.connection)};
}

export function normalizeTcpClient(options: TcpClientOptions): TcpClientSettings {
	const client = normalizeClient(options, native.addressFamily);
	return {
		...client,
		reconnects: options.retry !== false,
		limits: readLimits(options, client.connection),
	};
}

export function readLimits({highWaterMark}: Unchecked<HighWaterOptions>, limits: ConnectionLimits): OutputLimits {
	const {maxPendingBytes} = limits;
	const fallback = Math.max(1, Math.min(Math.floor(maxPendingBytes / 2), mostDefaultHighWater));
	const mark = optional(highWaterMark, value => checkLimit('highWaterMark', value, 1), fallback);
	if (mark > maxPendingBytes && highWaterMark !== undefined)
		throw outOfRange('highWaterMark', `at most maxPendingBytes (${maxPendingBytes})`, mark);
	return {...limits, highWaterMark: mark};
}

/** The default export of what `threads.module` names. */
export function readModuleHandlers(exported: unknown): TcpHandlers {
	if (typeof exported !== 'object' || exported === null)
		throw invalidArgType('threads.module', 'a module whose default export is an object, the handlers', exported);
	return readHandlers(exported);
}

/** Of a server whose threads have handlers of their own: only `onError` is left for this one. */
export function readThreadedHandlers<Context>(handlers: TcpHandlers<Context> | undefined): TcpHandlers<Context> {
	const given = readHandlers(handlers);
	const expected = 'absent if there are "threads", as functions cannot cross threads';
	for (const name of handlerNames) {
		const handler = (given as Record<string, unknown>)[name];
		if (name !== 'onError' && handler !== undefined) throw invalidArgType(`handlers.${name}`, expected, handler);
	}

	return given;
}

/** The object itself, so that its methods keep their `this`; each of them is a function or absent. */
export function readHandlers<Context>(
	handlers: TcpHandlers<Context> | undefined,
	mustBeGiven = false,
): TcpHandlers<Context> {
	if (mustBeGiven && handlers === undefined) throw invalidArgType('handlers', 'an object', handlers);
	const given = checkOptionsObject('handlers', handlers) ?? {};
	for (const name of handlerNames) {
		const handler: unknown = given[name];
		if (handler !== undefined && typeof handler !== 'function')
			throw invalidArgType(`handlers.${name}`, 'a function', handler);
	}

	return given as TcpHandlers<Context>;
}
