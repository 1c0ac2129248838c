import type {SocketAddress} from 'cotcp';
import {messageOf} from '../../shared/errors.js';

/** A server that listens, in either style. */
export interface FileServer {
	readonly address: SocketAddress;
	/** How many are under way. */
	readonly transfers: number;
	/** No newcomers from now on; it ends when the transfers that are under way have ended. */
	finish(): void;
}

export function formatAddress({address, port, family}: SocketAddress): string {
	return family === 'ipv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

/** `onError` of both styles: one line on stderr. */
export function reportError(error: unknown, connection: {readonly remoteAddress: SocketAddress} | undefined): void {
	const who = connection === undefined ? 'server' : formatAddress(connection.remoteAddress);
	process.stderr.write(`${who}: ${messageOf(error)}\n`);
}
