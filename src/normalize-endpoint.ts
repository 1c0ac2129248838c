/** Options of `listen` and `connect`: checked, with their defaults filled in. Each property is read once. */
import type {BlockList, LookupFunction} from 'node:net';
import {normalizeConnection, readOperation, type ConnectionSettings, type OperationSettings} from './normalize.js';
import {normalizeRetry, type RetrySettings} from './normalize-retry.js';
import type {ClientOptions, ConnectOptions, ListenOptions, ServerOptions} from './options.js';
import {normalizeThreads, type ThreadSettings} from './threads/thread-settings.js';
import {
	checkBoolean,
	checkFunction,
	checkInteger,
	checkLimit,
	checkMilliseconds,
	checkOptionsObject,
	checkString,
	checkWord,
	invalidArgType,
	optional,
	outOfRange,
	type Unchecked,
} from './validate.js';

/** Tells of which family an IP address is; 0 for a text that is none. */
export type AddressFamily = (text: string) => 0 | 4 | 6;

/** {@link ServerOptions}, checked. */
export interface ServerSettings {
	readonly name: string;
	/** undefined if, and only if, there is a path. */
	readonly port: number | undefined;
	/** undefined: all addresses of this machine. */
	readonly host: string | undefined;
	readonly path: string | undefined;
	readonly backlog: number;
	readonly ipv6Only: boolean;
	readonly reusePort: boolean;
	/** Infinity for none. */
	readonly maxConnections: number;
	readonly overload: 'pause' | 'reset';
	/** Infinity for none. */
	readonly maxConnectionsPerAddress: number;
	readonly blockList: BlockList | undefined;
	readonly threads: ThreadSettings | undefined;
	readonly connection: ConnectionSettings;
}

/** {@link ListenOptions}, checked. */
export interface ListenSettings<Context = unknown> extends ServerSettings, OperationSettings {
	readonly onError: NonNullable<ListenOptions<Context>['onError']> | undefined;
}

/** {@link ClientOptions}, checked. */
export interface ClientSettings {
	readonly name: string;
	/** undefined if, and only if, there is a path. */
	readonly port: number | undefined;
	/** Meaningless where there is a path. */
	readonly host: string;
	readonly path: string | undefined;
	readonly family: 0 | 4 | 6;
	/** undefined: `dns.lookup`. */
	readonly lookup: LookupFunction | undefined;
	/** Ms, Infinity for "only after a failure". */
	readonly attemptDelay: number;
	readonly localAddress: string | undefined;
	/** 0: the kernel chooses. */
	readonly localPort: number;
	readonly connection: ConnectionSettings;
}

/** {@link ConnectOptions}, checked. */
export interface ConnectSettings extends ClientSettings, OperationSettings {
	readonly retry: RetrySettings;
}

const maxPort = 65_535;
/** Longest name the DNS can carry, in text. */
const maxHostLength = 253;
/** sun_path of unix(7) has 108 bytes, of which one is the NUL at the end, or the one at the start of an abstract name. */
const maxPathBytes = 107;
const defaultBacklog = 511;
/** listen(2) takes an int. */
const maxBacklog = 2 ** 31 - 1;
const defaultAttemptDelayMs = 250;
const families = [0, 4, 6] as const;

/** Options of `listen`. */
export function normalizeListen<Context = unknown>(options: ListenOptions<Context>): ListenSettings<Context> {
	const given = requireOptions(options);
	const {onError} = given;
	return {
		...readServer(given),
		...readOperation(given),
		onError: optional(
			onError,
			value => checkFunction<NonNullable<ListenOptions<Context>['onError']>>('onError', value),
			undefined,
		),
	};
}

/** Options of `connect`; `addressFamily` tells IP addresses from names. */
export function normalizeConnect(options: ConnectOptions, addressFamily: AddressFamily): ConnectSettings {
	const given = requireOptions(options);
	const {retry} = given;
	return {...readClient(given, addressFamily), ...readOperation(given), retry: normalizeRetry(retry, false)};
}

/** Options of a server of the reactor. */
export function normalizeServer(options: ServerOptions): ServerSettings {
	return readServer(requireOptions(options));
}

/** Options of a client of the reactor, which goes on trying unless told otherwise. */
export function normalizeClient(
	options: ClientOptions & {retry?: unknown},
	addressFamily: AddressFamily,
): ClientSettings & {readonly retry: RetrySettings} {
	const given = requireOptions(options);
	const {retry} = given;
	return {...readClient(given, addressFamily), retry: normalizeRetry(retry, true)};
}

function readServer(given: Unchecked<ServerOptions>): ServerSettings {
	const {name, port, host, path, backlog, ipv6Only, reusePort, threads} = given;
	const {maxConnections, overload, maxConnectionsPerAddress, blockList} = given;
	const place = checkPlace(port, path, 0);
	const blocked = optional(blockList, checkBlockList, undefined);
	return {
		name: optional(name, value => checkString('name', value), 'server'),
		...place,
		host: optional(host, checkHost, undefined),
		backlog: optional(backlog, value => checkInteger('backlog', value, 1, maxBacklog), defaultBacklog),
		ipv6Only: optional(ipv6Only, value => checkBoolean('ipv6Only', value), false),
		reusePort: optional(reusePort, value => checkBoolean('reusePort', value), false),
		maxConnections: optional(maxConnections, value => checkLimit('maxConnections', value, 1), Infinity),
		overload: optional(overload, value => checkWord('overload', value, ['pause', 'reset']), 'pause'),
		maxConnectionsPerAddress: optional(
			maxConnectionsPerAddress,
			value => checkLimit('maxConnectionsPerAddress', value, 1),
			Infinity,
		),
		blockList: blocked,
		threads: optional(threads, value => normalizeThreads(value, place.path, blocked), undefined),
		connection: normalizeConnection(given as ServerOptions),
	};
}

function readClient(given: Unchecked<ClientOptions>, addressFamily: AddressFamily): ClientSettings {
	const {name, port, host, path, family, lookup, attemptDelay, localAddress, localPort} = given;
	return {
		name: optional(name, value => checkString('name', value), 'client'),
		...checkPlace(port, path, 1),
		host: optional(host, checkHost, 'localhost'),
		family: optional(family, checkFamily, 0),
		lookup: optional(lookup, value => checkFunction<LookupFunction>('lookup', value), undefined),
		attemptDelay: optional(
			attemptDelay,
			value => checkMilliseconds('attemptDelay', value, {zero: false}),
			defaultAttemptDelayMs,
		),
		localAddress: optional(localAddress, value => checkLocalAddress(value, addressFamily), undefined),
		localPort: optional(localPort, value => checkInteger('localPort', value, 0, maxPort), 0),
		connection: normalizeConnection(given as ClientOptions),
	};
}

/** Options that cannot be left out, as they hold the port or the path. */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- empty only as long as Options is unknown
function requireOptions<Options>(options: Options): Unchecked<Options> {
	const given = checkOptionsObject('options', options);
	if (given === undefined) throw invalidArgType('options', 'an object', options);
	return given;
}

/**
 * Exactly one of port and path. Only these two contradict each other: `host`, `localAddress` and the like are checked but not
 * used together with a path, as in Node, so that one set of defaults can serve both.
 */
function checkPlace(
	port: unknown,
	path: unknown,
	minPort: number,
): {port: number | undefined; path: string | undefined} {
	const place = {
		port: optional(port, value => checkInteger('port', value, minPort, maxPort), undefined),
		path: optional(path, checkPath, undefined),
	};
	if (place.port === undefined && place.path === undefined)
		throw invalidArgType('port', 'given, unless there is a "path"', port);
	if (place.port !== undefined && place.path !== undefined)
		throw invalidArgType('path', 'absent if there is a "port"', path);
	return place;
}

/** Lengths are a RangeError, a NUL is a TypeError: cut off at it, the name would be another one. */
function checkHost(value: unknown): string {
	const host = checkString('host', value, {noNul: true});
	if (host.length === 0 || host.length > maxHostLength)
		throw outOfRange('host', `a string of 1 to ${maxHostLength} characters`, host);
	return host;
}

/** A BlockList of node:net, or what does what one does: those of other realms are no instances of ours. */
function checkBlockList(value: unknown): BlockList {
	if (typeof value === 'object' && value !== null && hasCheck(value)) return value as BlockList;
	throw invalidArgType('blockList', 'a BlockList of node:net', value);
}

function hasCheck(value: object): boolean {
	try {
		return typeof (value as Unchecked<BlockList>).check === 'function';
	} catch {
		return false;
	}
}

function checkPath(value: unknown): string {
	const path = checkString('path', value);
	const isAbstract = path.startsWith('\0');
	const name = isAbstract ? path.slice(1) : path;
	if (name.includes('\0')) throw invalidArgType('path', 'a string without NUL characters after the first', value);
	const bytes = Buffer.byteLength(name);
	if (bytes === 0 || bytes > maxPathBytes) throw outOfRange('path', `a path of 1 to ${maxPathBytes} bytes`, value);
	return path;
}

function checkFamily(value: unknown): 0 | 4 | 6 {
	if (typeof value !== 'number') throw invalidArgType('family', 'the number 0, 4 or 6', value);
	const family = families.find(candidate => candidate === value);
	if (family === undefined) throw outOfRange('family', '0, 4 or 6', value);
	return family;
}

function checkLocalAddress(value: unknown, addressFamily: AddressFamily): string {
	const address = checkString('localAddress', value, {noNul: true});
	if (addressFamily(address) === 0) throw invalidArgType('localAddress', 'an IP address', value);
	return address;
}
