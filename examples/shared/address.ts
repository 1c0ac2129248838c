import type {SocketAddress} from 'cotcp';

/** `127.0.0.1:80`, `[::1]:80`. */
export function formatAddress({address, port, family}: SocketAddress): string {
	return family === 'ipv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
