/** The entry for servers. */
import {createServer, type CoTcpServer} from './co-tcp-server.js';
import {timeoutError} from './connection/call.js';
import {native} from './internal/addon.js';
import {normalizeListen, type ListenSettings} from './normalize-endpoint.js';
import {resolveHost} from './net/resolve.js';
import {openListener} from './server/listener.js';
import {listenInThreads} from './threads/listen-threads.js';
import {runOperation} from './operation.js';
import type {ListenOptions} from './options.js';
import type {ConnectionHandler} from './server-types.js';
import {checkFunction, invalidArgType} from './validate.js';

/**
 * Listens on a port or a unix socket. Resolves to the server when it is bound and listening.
 *
 * No handler is called before the code after `await listen(...)` has run. Without a handler connections are taken with `accept()`
 * or `for await`; the kernel's backlog is the only queue.
 *
 * @param options where to listen and whom to take; `signal` and `timeout` (ms) are about getting to listen
 * @param handler its scope owns the connection: on return `close()`, on throw `reset()`
 * @throws ResourceError EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE ...; BrokenError for a host name that does not resolve;
 * TimeoutError; TypeError and RangeError for wrong arguments; with `threads`: what their module threw
 * @example
 * ```ts
 * const server = await listen({port: 9981}, async connection => {
 * 	for await (const chunk of connection) await connection.send(chunk);
 * });
 * ```
 */
export async function listen<Context = unknown>(
	options: ListenOptions<Context>,
	handler?: ConnectionHandler<Context>,
): Promise<CoTcpServer<Context>> {
	const settings = normalizeListen(options);
	const {threads} = settings;
	if (handler !== undefined && threads !== undefined)
		throw invalidArgType('handler', 'absent if there are "threads", as functions cannot cross threads', handler);
	if (handler !== undefined) checkFunction('handler', handler);
	settings.signal?.throwIfAborted();
	return runOperation(
		settings,
		async onCancel => {
			const host = await firstAddress(settings);
			if (threads !== undefined) return listenInThreads(settings, threads, host, onCancel);
			return createServer(settings, {open: observer => openListener(settings, host, observer)}, handler);
		},
		server => {
			void server.close({timeout: 0});
		},
	);
}

async function firstAddress({host, timeout}: Pick<ListenSettings, 'host' | 'timeout'>): Promise<string | undefined> {
	if (host === undefined) return undefined;
	// A lookup waits, if only for another thread: it must not win against a timer of 0 ms.
	if (timeout === 0 && native.addressFamily(host) === 0) throw timeoutError(0);
	const [first] = await resolveHost(host, {family: 0, lookup: undefined, addressFamily: native.addressFamily});
	return first?.address;
}
