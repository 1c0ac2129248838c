import type {CoTcpConnection} from 'cotcp';
import {badRequest, encode, idTooLong, parseRequest, solutionLine, tooLong} from '../protocol.js';
import {solve} from '../solver/solver.js';
import type {Recorder} from '../statistics/recorder.js';
import {RequestLines} from './request-lines.js';

/** The handler of `basic` and `threads`. Returning closes the connection: a FIN behind the last answer, and what the client still sends is dropped. */
export async function serve(connection: CoTcpConnection, recorder: Recorder): Promise<void> {
	const lines = new RequestLines(connection);
	for (let line; (line = await lines.next()) !== null;) {
		const request = line === tooLong ? undefined : parseRequest(line);
		if (request === undefined) {
			recorder.onBad();
			await connection.send(line === tooLong ? idTooLong : badRequest);
			return;
		}

		const start = recorder.onRequest();
		const solution = solve(request.grid);
		recorder.onAnswer(start, solution);
		// A client that does not read is not read from either, as this waits.
		await connection.send(encode(solutionLine(request.id, solution)));
	}
}
