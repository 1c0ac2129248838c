import {UnexpectedEndError, listen, type CoTcpConnection} from 'cotcp';
import {runMain} from '../shared/arguments.js';
import {listenUsage, parseListenArguments} from '../shared/listen-arguments.js';
import {announce} from '../shared/serve.js';
import {RespCodec} from './codec.js';
import {answer, isQuit, type Store} from './commands.js';

const defaultPort = 6380;
const about = `A small Redis: PING, ECHO, SET, GET, DEL, EXISTS, INCR, DBSIZE and QUIT, with values in memory
until it ends.`;

/** Requests that came together are answered in one write: the library holds small sends back while it has input. */
async function serve(connection: CoTcpConnection, store: Store): Promise<void> {
	const framed = connection.framed(new RespCodec());
	try {
		for await (const request of framed) {
			const reply = answer(store, request);
			if (reply !== undefined) await framed.send(reply);
			if (isQuit(request)) return;
		}
	} catch (error) {
		// Half a request is none; what was answered before it still arrives.
		if (!(error instanceof UnexpectedEndError)) throw error;
	}
}

async function main(args: string[]): Promise<void> {
	const listenOn = parseListenArguments(args, defaultPort);
	if (listenOn === undefined) {
		process.stdout.write(listenUsage('resp/server.ts', about, defaultPort));
		return;
	}

	const store: Store = new Map();
	announce(await listen(listenOn, async connection => serve(connection, store)));
}

await runMain(main);
