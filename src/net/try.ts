/** One try to connect to a peer: the addresses of its name, raced. */
import {native} from '../internal/addon.js';
import {errorFromErrno} from '../internal/errno-errors.js';
import type {NativeAddress} from '../internal/native.js';
import {startTimer} from '../loop/clock.js';
import type {ClientSettings} from '../normalize-endpoint.js';
import {startAttempt, type ConnectedSlot} from './attempt.js';
import {raceAttempts, type Attempt, type Race} from './race.js';
import {resolveHost, type ResolvedAddress} from './resolve.js';

/** EAFNOSUPPORT of errno(3): the local address is of another family than all of the peer's. */
const noSuchFamily = 97;

/** Cancelled, it closes its sockets at once, and makes none when a lookup that is under way comes back. */
export function startTry(settings: ClientSettings, discard: (late: ConnectedSlot) => void): Attempt<ConnectedSlot> {
	const over = new Error('The try has been given up'); // which nobody hears of
	let race: Race<ConnectedSlot> | undefined;
	let isOver = false;
	const run = async (): Promise<ConnectedSlot> => {
		const {path, port = 0} = settings;
		const addresses: NativeAddress[] =
			path === undefined ? (await usableAddresses(settings)).map(({address}) => ({address, port})) : [{path}];
		if (isOver) throw over;
		race = raceAttempts(addresses, {
			attemptDelay: settings.attemptDelay,
			start: address => startAttempt(address, settings),
			after: startTimer,
			discard,
		});
		return race.promise;
	};
	return {
		promise: run(),
		cancel() {
			isOver = true;
			race?.cancel(over);
		},
	};
}

/** Those of the peer that the local address can reach. */
async function usableAddresses({host, port, family, lookup, localAddress}: ClientSettings): Promise<ResolvedAddress[]> {
	const all = await resolveHost(host, {family, lookup, addressFamily: native.addressFamily});
	if (localAddress === undefined) return all;
	const localFamily = native.addressFamily(localAddress);
	const usable = all.filter(address => address.family === localFamily);
	if (usable.length === 0) throw errorFromErrno(noSuchFamily, 'connect', {address: host, port});
	return usable;
}
