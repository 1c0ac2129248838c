/** Whom a server takes: `blockList`, `maxConnectionsPerAddress`, `maxConnections` with overload 'reset', asked in this order. */
import type {BlockList} from 'node:net';
import type {SocketAddress} from '../connection-types.js';
import {toSocketAddress} from '../connection/report.js';
import {native} from '../internal/addon.js';
import type {NativeEndpoint} from '../internal/native.js';
import type {ServerSettings} from '../normalize-endpoint.js';
import type {RefusalReason} from '../server-types.js';
import {refuse, type Listener} from './listener.js';

/** Who cannot wait does not wait for more peers to be refused than this. */
const mostRefusalsAtOnce = 64;

export class Admission {
	readonly #settings: ServerSettings;
	readonly #refused: Record<RefusalReason, number>;
	readonly #onError: (error: unknown) => void;
	/** Open connections by remote address; only with that limit. */
	readonly #open = new Map<string, number>();

	/** `refused`: the counters. `onError` is told what `blockList` throws; it runs no code of the user's. */
	constructor(settings: ServerSettings, refused: Record<RefusalReason, number>, onError: (error: unknown) => void) {
		this.#settings = settings;
		this.#refused = refused;
		this.#onError = onError;
	}

	/** `open`: connections now. false: the peer has been reset, and counted. */
	admit(slot: number, generation: number, open: number): boolean {
		const reason = this.#refusal(slot, generation, open);
		if (reason === undefined) return true;
		refuse(slot, generation);
		this.#refused[reason]++;
		return false;
	}

	/** The first of those who wait in the backlog that is admitted; undefined: there is none. */
	next(listener: Listener, open: number): {slot: number; generation: number} | undefined {
		for (let tries = 0; tries < mostRefusalsAtOnce; tries++) {
			const peer = listener.acceptNow();
			if (peer === undefined || this.admit(peer.slot, peer.generation, open)) return peer;
		}

		return undefined;
	}

	/** A connection that was admitted has ended. */
	onEnded(remote: () => SocketAddress): void {
		if (this.#settings.maxConnectionsPerAddress === Infinity) return;
		const {address} = remote();
		const count = this.#open.get(address);
		if (count === undefined) return;
		if (count > 1) this.#open.set(address, count - 1);
		else this.#open.delete(address);
	}

	#refusal(slot: number, generation: number, open: number): RefusalReason | undefined {
		const {blockList, maxConnectionsPerAddress, maxConnections, overload} = this.#settings;
		const isLimited = maxConnectionsPerAddress !== Infinity;
		// Most servers do not ask who it is.
		const peer = blockList !== undefined || isLimited ? remoteOf(slot, generation) : undefined;
		if (peer !== undefined && blockList !== undefined && this.#isBlocked(blockList, peer)) return 'blockList';
		const count = peer === undefined ? 0 : (this.#open.get(peer.address) ?? 0);
		if (count >= maxConnectionsPerAddress) return 'maxConnectionsPerAddress';
		if (open >= maxConnections && overload === 'reset') return 'maxConnections';
		if (peer !== undefined && isLimited) this.#open.set(peer.address, count + 1);
		return undefined;
	}

	/** Who cannot be judged is not let in. */
	#isBlocked(blockList: BlockList, peer: SocketAddress): boolean {
		try {
			return isBlocked(blockList, peer);
		} catch (error) {
			this.#onError(error);
			return true;
		}
	}
}

/** undefined: a unix socket, or gone. */
function remoteOf(slot: number, generation: number): SocketAddress | undefined {
	const endpoint: NativeEndpoint | null = native.endpoint(slot, generation, true);
	if (endpoint === null) return undefined;
	const remote = toSocketAddress(endpoint);
	return remote.family === 'unix' ? undefined : remote;
}

function isBlocked(blockList: BlockList, {address, family}: SocketAddress): boolean {
	// Rules know no zones: `fe80::1%eth0` is `fe80::1` there.
	const [plain = address] = address.split('%', 1);
	return blockList.check(plain, family === 'ipv6' ? 'ipv6' : 'ipv4');
}
