import {EventLoop, TcpServer} from 'cotcp/reactor';
import {formatAddress} from '../shared/address.js';
import {runMain} from '../shared/arguments.js';
import {messageOf} from '../shared/errors.js';
import {chatUsage, parseChatArguments} from './chat-arguments.js';

/** What a client may leave unread before it is reset. Nobody else waits for it. */
const maxPendingBytes = 1024 * 1024;
/** For clients to take what has been said, when the server stops. */
const stopTimeoutMs = 1000;

async function main(args: string[]): Promise<void> {
	const parsed = parseChatArguments(args);
	if (parsed === undefined) {
		process.stdout.write(chatUsage);
		return;
	}

	const {host, port, threads: count} = parsed;
	const module = new URL('room.ts', import.meta.url);
	const server = new TcpServer(
		EventLoop.current(),
		{name: 'chat', host, port, maxPendingBytes, threads: {count, module}},
		{
			onError(error) {
				process.stderr.write(`chat: ${messageOf(error)}\n`);
			},
		},
	);
	await server.start();
	for (const signal of ['SIGINT', 'SIGTERM'] as const)
		process.once(signal, () => void server.stop({timeout: stopTimeoutMs}));
	process.stdout.write(`listening on ${formatAddress(server.address)}\n`);
}

await runMain(main);
