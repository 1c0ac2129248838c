/** The entry for clients. */
import {createConnection, type CoTcpConnection} from './co-tcp-connection.js';
import type {ConnectionOwner} from './connection/connection-owner.js';
import {Lifetime} from './connection/lifetime.js';
import {noLimits, type ConnectionLimits} from './connection/limits.js';
import {watchStalls} from './connection/stall-sweep.js';
import {native} from './internal/addon.js';
import type {ConnectedSlot} from './net/attempt.js';
import {Connector} from './net/connector.js';
import {startTry} from './net/try.js';
import {normalizeConnect, type ConnectSettings} from './normalize-endpoint.js';
import {runOperation} from './operation.js';
import type {ConnectOptions} from './options.js';
import {reportError} from './server/error-report.js';

/** Of connections that no server owns: they are never asked to drain. */
const neverDraining = new AbortController().signal;
let connectionNumber = 0;

/** Nobody counts it. */
class Client implements ConnectionOwner {
	constructor(readonly limits: ConnectionLimits) {}

	onEnded(): void {
		// See above.
	}

	onContextError(error: unknown): void {
		reportError(undefined, error, undefined, 'cotcp: disposing a context failed');
	}
}

/**
 * Connects to a port or a unix socket. Resolves to the connection, which the caller owns (`await using`, or `close()` in `finally`).
 *
 * The addresses of a name are raced as in RFC 8305. With `retry`, what fails is tried again, the name looked up anew, until it
 * succeeds, a failure is final, the tries are used up or the time is over; waiting keeps the process alive.
 *
 * @param options whom to connect to; `signal`; `timeout` in ms covers everything: lookup, all addresses, all retries; `retry`
 * @throws BrokenError (`syscall` connect or getaddrinfo; with several addresses: that of the first, `cause` an AggregateError of
 * all), ResourceError, TimeoutError, with `retry` those of the last try; the signal's reason; TypeError and RangeError for wrong
 * arguments
 * @example
 * ```ts
 * const connection = await connect({host: 'localhost', port: 9981, timeout: 5000});
 * try {
 * 	await connection.send('hello\n');
 * 	console.log(await connection.readLine());
 * } finally {
 * 	await connection.close();
 * }
 * ```
 */
export async function connect<Context = unknown>(options: ConnectOptions): Promise<CoTcpConnection<Context>> {
	const settings = normalizeConnect(options, native.addressFamily);
	settings.signal?.throwIfAborted();
	const slot = await runOperation(settings, async onCancel => openSlot(settings, onCancel), discard);
	return toConnection<Context>(slot, settings);
}

function discard({slot, generation}: ConnectedSlot): void {
	new Lifetime(slot, generation, new Client(noLimits), false).reset();
}

function toConnection<Context>(
	{slot, generation, target}: ConnectedSlot,
	settings: ConnectSettings,
): CoTcpConnection<Context> {
	watchStalls(settings.connection);
	const owner = new Client(settings.connection);
	const lifetime = new Lifetime(slot, generation, owner, false);
	const origin = {
		namePrefix: () => `${settings.name}-${target}`,
		draining: neverDraining,
		closeTimeout: settings.connection.closeTimeout,
	};
	return createConnection<Context>(lifetime, origin, ++connectionNumber);
}

async function openSlot(
	settings: ConnectSettings,
	onCancel: (cancel: (reason: unknown) => void) => void,
): Promise<ConnectedSlot> {
	return new Promise((resolve, reject) => {
		const connector = new Connector<ConnectedSlot>({
			retry: settings.retry,
			startTry: () => startTry(settings, discard),
			discard,
			onConnected: resolve,
			onGivenUp: reject,
		});
		onCancel(() => {
			connector.stop();
		});
		connector.start();
	});
}
