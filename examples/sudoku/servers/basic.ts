import {listen, type CoTcpConnection} from 'cotcp';
import {badRequest, encode, idTooLong, parseRequest, solutionLine, tooLong} from '../protocol.js';
import {solve} from '../solver/solver.js';
import type {Statistics} from '../statistics/statistics.js';
import {nextLine} from './next-line.js';
import {reportError, stopTimeout, type SudokuServer, type SudokuServerOptions} from './sudoku-server.js';

/** One handler per connection: read a line, solve, send, until there is none. */
export async function startBasicServer(options: SudokuServerOptions): Promise<SudokuServer> {
	const {port, host, statistics, stallTimeout} = options;
	const server = await listen({port, host, name: 'sudoku', stallTimeout, onError: reportError}, async connection =>
		serve(connection, statistics),
	);
	return {
		address: server.address,
		async stop() {
			await server.close({timeout: stopTimeout});
		},
	};
}

/** Returning closes the connection: a FIN behind the last answer, and what the client still sends is dropped. */
async function serve(connection: CoTcpConnection, statistics: Statistics): Promise<void> {
	for (let line; (line = await nextLine(connection)) !== null;) {
		const request = line === tooLong ? undefined : parseRequest(line);
		if (request === undefined) {
			statistics.onBad();
			await connection.send(line === tooLong ? idTooLong : badRequest);
			return;
		}

		const start = statistics.onRequest();
		const solution = solve(request.grid);
		statistics.onAnswer(start, solution);
		// A client that does not read is not read from either, as this waits.
		await connection.send(encode(solutionLine(request.id, solution)));
	}
}
