import type {CoTcpServer} from 'cotcp';
import {formatAddress} from './address.js';

/** Says where the server listens. The first SIGINT or SIGTERM ends it in good order; a second one kills. */
export function announce<Context>(server: CoTcpServer<Context>): void {
	const finish = () => {
		void server.close();
		// Peers that say nothing would be waited for. What has been answered goes out before the FIN.
		for (const connection of server.connections) void connection.close();
	};
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, finish);
	process.stdout.write(`listening on ${formatAddress(server.address)}\n`);
}
