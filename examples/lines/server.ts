import {LimitError, TimeoutError, UnexpectedEndError, listen, type CoTcpConnection} from 'cotcp';
import {lines} from 'cotcp/codec';
import {formatAddress} from '../shared/address.js';
import {runMain} from '../shared/arguments.js';
import {listenUsage, parseListenArguments} from '../shared/listen-arguments.js';
import {announce} from '../shared/serve.js';
import {obey, type Session} from './commands.js';

const defaultPort = 2323;
const about = 'A small command language, to be typed by hand: nc 127.0.0.1 PORT, then help.';

/** Whoever sends so much without an end of line does not type. */
const maxBytes = 64 * 1024;
const idleTimeout = 10 * 60_000;
const codec = lines({maxLength: maxBytes});

async function serve(connection: CoTcpConnection): Promise<void> {
	const framed = connection.framed(codec);
	const session: Session = {lines: 0};
	await framed.send('Welcome. Type help.');
	try {
		for await (const line of framed) {
			const answer = obey(line, session);
			if (answer === undefined) continue;
			await framed.sendAll(answer.text.split('\n'));
			if (answer.last) return;
		}
	} catch (error) {
		// Half a line, and the peer has finished sending. It may still read.
		if (!(error instanceof UnexpectedEndError)) throw error;
		await framed.send('error: the last line has no end, so it was not carried out');
	}
}

/** The ends that the peer is not told of: the connection is reset. */
async function reportLimits(connection: CoTcpConnection): Promise<void> {
	const {error} = await connection.closed;
	if (!(error instanceof LimitError || error instanceof TimeoutError)) return;
	process.stderr.write(`${formatAddress(connection.remoteAddress)}: ${error.message}\n`);
}

async function main(args: string[]): Promise<void> {
	const listenOn = parseListenArguments(args, defaultPort);
	if (listenOn === undefined) {
		process.stdout.write(listenUsage('lines/server.ts', about, defaultPort));
		return;
	}

	const server = await listen({...listenOn, idleTimeout}, async connection => {
		void reportLimits(connection);
		await serve(connection);
	});
	announce(server);
}

await runMain(main);
