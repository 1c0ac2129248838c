/** A port that stays free until the test takes it. */
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createServer} from 'node:net';

const lowest = 10_000;

/**
 * Resolves to a port of 127.0.0.1 that nobody listens on. It lies below those that the kernel gives to connections (ip(7),
 * ip_local_port_range), so that no other test gets it by chance between two uses.
 */
export async function quietPort(): Promise<number> {
	const [first] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/u).map(Number);
	const span = Math.max(1, (first ?? 32_768) - lowest);
	for (let tries = 0; tries < 100; tries++) {
		const port = lowest + Math.floor(Math.random() * span);
		const server = createServer().listen(port, '127.0.0.1');
		const isFree = await once(server, 'listening').then(
			() => true,
			() => false,
		);
		if (!isFree) continue;
		server.close();
		await once(server, 'close');
		return port;
	}

	throw new Error('No port is free');
}
