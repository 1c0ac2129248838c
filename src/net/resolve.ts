/** From a host name to the addresses to try, in the order of RFC 8305. */
import {lookup as systemLookup, type LookupAddress} from 'node:dns';
import type {LookupFunction} from 'node:net';
import {errorFromLookup} from '../internal/errno-errors.js';
import {invalidArgType} from '../validate.js';

/** An IP address and its family. */
export interface ResolvedAddress {
	readonly address: string;
	readonly family: 4 | 6;
}

/** How to resolve. */
export interface ResolveOptions {
	/** 0: both. */
	readonly family: 0 | 4 | 6;
	/** undefined: `dns.lookup`. */
	readonly lookup: LookupFunction | undefined;
	/** Tells of which family an IP address is; 0 for a text that is none. */
	readonly addressFamily: (text: string) => 0 | 4 | 6;
}

/** What lookup functions call back with: all addresses, or one and its family. */
type LookupCallback = (error: unknown, found?: unknown, family?: unknown) => void;

/**
 * The addresses of `host`, at least one, each once, families in turn. An IP address stands for itself, whatever `family` says.
 *
 * What is not an IP address, or not of the family asked for, is left out. A lookup function that never calls back lets this wait
 * for ever: the deadline is the caller's. One that calls back twice: the first time counts.
 *
 * @throws BrokenError or ResourceError with `syscall` getaddrinfo; its cause is what the lookup said
 */
export async function resolveHost(host: string, options: ResolveOptions): Promise<ResolvedAddress[]> {
	const family = options.addressFamily(host);
	if (family !== 0) return [{address: host, family}];

	try {
		const found = await callLookup(host, options);
		const addresses = interleave(usable(found, options));
		if (addresses.length > 0) return addresses;
		throw invalidArgType('lookup', 'a function that finds an IP address of the family asked for', found);
	} catch (error) {
		throw errorFromLookup(error, host);
	}
}

/** Resolves to whatever the lookup function found: nobody has looked at it yet. */
async function callLookup(host: string, {family, lookup}: ResolveOptions): Promise<unknown> {
	// A function of the user's is not called from inside a call of the library.
	await Promise.resolve();
	return new Promise((resolve, reject) => {
		const callback: LookupCallback = (error, found, foundFamily) => {
			// Whatever a user's function passes as a falsy error means success, as in Node.
			// eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- becomes the cause of ours
			if (error) reject(error);
			else resolve(Array.isArray(found) ? found : [{address: found, family: foundFamily}]);
		};

		if (lookup === undefined) systemLookup(host, {family, all: true, verbatim: true}, callback);
		else lookup(host, {family, hints: 0, all: true}, callback);
	});
}

/** The IP addresses among what was found. Their family is what they are, not what the lookup function says. */
function usable(found: unknown, {family: wanted, addressFamily}: ResolveOptions): ResolvedAddress[] {
	const addresses = new Map<string, ResolvedAddress>();
	for (const entry of found as readonly unknown[]) {
		const address =
			typeof entry === 'object' && entry !== null
				? (entry as Partial<Record<keyof LookupAddress, unknown>>).address
				: undefined;
		if (typeof address !== 'string') continue;
		const family = addressFamily(address);
		if (family === 0 || (wanted !== 0 && family !== wanted)) continue;
		addresses.set(address, {address, family});
	}

	return [...addresses.values()];
}

/** RFC 8305 section 4: the first address stays first, then the families take turns, each in its order. */
function interleave(addresses: readonly ResolvedAddress[]): ResolvedAddress[] {
	const firstFamily = addresses[0]?.family;
	const first = addresses.filter(({family}) => family === firstFamily);
	const second = addresses.filter(({family}) => family !== firstFamily);
	return first
		.flatMap((address, index) => [address, ...second.slice(index, index + 1)])
		.concat(second.slice(first.length));
}
