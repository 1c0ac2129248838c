import type {SocketAddress} from 'cotcp';
import {formatAddress} from '../../shared/address.js';
import {messageOf} from '../../shared/errors.js';
import type {Statistics} from '../statistics/statistics.js';

/** What every kind is given. */
export interface SudokuServerOptions {
	readonly port: number;
	readonly host: string;
	/** Of kinds `pool` and `threads`. */
	readonly threads: number;
	/** Of kind `pool`: requests that may wait for a thread or be with one. */
	readonly queue: number;
	readonly statistics: Statistics;
	/** Milliseconds in which a client must take something of what waits for it. Default: the library's. */
	readonly stallTimeout?: number;
}

/** A server that listens, of any kind. */
export interface SudokuServer {
	readonly address: SocketAddress;
	/** No newcomers from now on; requests that have been read are answered, then it ends. */
	stop(): Promise<void>;
}

/** What is left after so many milliseconds of `stop` is reset. */
export const stopTimeout = 3000;

/** `onError` of all kinds: one line on stderr. */
export function reportError(error: unknown, connection: {readonly remoteAddress: SocketAddress} | undefined): void {
	const who = connection === undefined ? 'server' : formatAddress(connection.remoteAddress);
	process.stderr.write(`${who}: ${messageOf(error)}\n`);
}
