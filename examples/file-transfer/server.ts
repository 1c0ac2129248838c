import {listen, type CoTcpConnection, type CoTcpServer, type SocketAddress} from 'cotcp';
import {acceptRequest, Refusal} from './framed/framed-wire.js';
import {rawWire} from './modes/mode.js';
import {modes, type ModeName} from './modes/table.js';
import {checkFitsBuffer} from './modes/whole.js';
import {parseServerArguments, serverUsage, type ServerArguments} from './server-arguments.js';
import {runMain} from './shared/arguments.js';
import {messageOf} from './shared/errors.js';
import {openRegularFile} from './shared/regular-file.js';

/** Better refused now than by resetting every client. Each connection looks again: the file may change meanwhile. */
async function checkFile(path: string, mode: ModeName): Promise<void> {
	const {handle, facts} = await openRegularFile(path);
	await handle.close();
	if (mode === 'whole') checkFitsBuffer(path, facts.size);
}

async function serve(connection: CoTcpConnection, {path, mode, framed}: ServerArguments): Promise<void> {
	try {
		const wire = framed ? await acceptRequest(connection) : rawWire(connection);
		await modes[mode](connection, path, wire);
	} catch (error) {
		// A refusal is an answer: returning ends the connection in good order. Whatever else throws ends it in a reset.
		if (!(error instanceof Refusal)) throw error;
	}
}

function reportError(error: unknown, connection: CoTcpConnection | undefined): void {
	const who = connection === undefined ? 'server' : formatAddress(connection.remoteAddress);
	process.stderr.write(`${who}: ${messageOf(error)}\n`);
}

function formatAddress({address, port, family}: SocketAddress): string {
	return family === 'ipv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The first Ctrl-C lets transfers finish. A second one, like SIGTERM, kills: then unfinished clients see a reset. */
function closeOnInterrupt(server: CoTcpServer): void {
	process.once('SIGINT', () => {
		process.stderr.write(`closing; ${server.connections.size} transfers go on, interrupt again to cut them\n`);
		void server.close({timeout: Infinity});
	});
}

async function main(args: string[]): Promise<void> {
	const parsed = parseServerArguments(args);
	if (parsed === undefined) {
		process.stdout.write(serverUsage);
		return;
	}

	await checkFile(parsed.path, parsed.mode);
	const {port, host} = parsed;
	const server = await listen({port, host, resetUnlessClosed: true, onError: reportError}, async connection =>
		serve(connection, parsed),
	);
	closeOnInterrupt(server);
	process.stdout.write(`listening on ${formatAddress(server.address)}\n`);
}

await runMain(main);
