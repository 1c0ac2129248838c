/** The entry for clients. */
import {createConnection, type CoTcpConnection} from './co-tcp-connection.js';
import {Lifetime, type ConnectionOwner} from './connection/lifetime.js';
import {native} from './internal/addon.js';
import {errorFromErrno} from './internal/errno-errors.js';
import type {NativeAddress} from './internal/native.js';
import {startTimer} from './loop/clock.js';
import {startAttempt, type ConnectedSlot} from './net/attempt.js';
import {raceAttempts} from './net/race.js';
import {resolveHost, type ResolvedAddress} from './net/resolve.js';
import {normalizeConnect, type ConnectSettings} from './normalize-endpoint.js';
import {runOperation} from './operation.js';
import type {ConnectOptions} from './options.js';
import {reportError} from './server/error-report.js';

/** Of connections that no server owns: they are never asked to drain. */
const neverDraining = new AbortController().signal;
let connectionNumber = 0;

const owner: ConnectionOwner = {
	onEnded() {
		// Nobody counts it.
	},
	onContextError(error) {
		reportError(undefined, error, undefined, 'cotcp: disposing a context failed');
	},
};

/** EAFNOSUPPORT of errno(3): the local address is of another family than all of the peer's. */
const noSuchFamily = 97;

/**
 * Connects to a port or a unix socket. Resolves to the connection, which the caller owns (`await using`, or `close()` in `finally`).
 *
 * The addresses of a name are raced as in RFC 8305.
 *
 * @param options whom to connect to; `signal`; `timeout` in ms covers lookup and all addresses
 * @throws BrokenError (`syscall` connect or getaddrinfo; with several addresses: that of the first, `cause` an AggregateError of
 * all), ResourceError, TimeoutError, the signal's reason; TypeError and RangeError for wrong arguments
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
	new Lifetime(slot, generation, owner, false).reset();
}

function toConnection<Context>(
	{slot, generation, target}: ConnectedSlot,
	settings: ConnectSettings,
): CoTcpConnection<Context> {
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
	const {path, port = 0} = settings;
	const addresses: NativeAddress[] =
		path === undefined ? (await usableAddresses(settings)).map(({address}) => ({address, port})) : [{path}];
	// Before the first attempt: if it is over by now, none is made.
	onCancel(reason => {
		race.cancel(reason);
	});
	const race = raceAttempts(addresses, {
		attemptDelay: settings.attemptDelay,
		start: address => startAttempt(address, settings),
		after: startTimer,
		discard,
	});
	return race.promise;
}

/** Those of the peer that the local address can reach. */
async function usableAddresses({
	host,
	port,
	family,
	lookup,
	localAddress,
}: ConnectSettings): Promise<ResolvedAddress[]> {
	const all = await resolveHost(host, {family, lookup, addressFamily: native.addressFamily});
	if (localAddress === undefined) return all;
	const localFamily = native.addressFamily(localAddress);
	const usable = all.filter(address => address.family === localFamily);
	if (usable.length === 0) throw errorFromErrno(noSuchFamily, 'connect', {address: host, port});
	return usable;
}
