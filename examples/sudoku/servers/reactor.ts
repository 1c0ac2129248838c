import {EventLoop, TcpServer, type InputBuffer, type TcpConnection} from 'cotcp/reactor';
import {badRequest, encode, idTooLong, parseRequest, solutionLine, takeLine, tooLong} from '../protocol.js';
import {solve} from '../solver/solver.js';
import type {Recorder} from '../statistics/recorder.js';
import {reportError, stopTimeout, type SudokuServer, type SudokuServerOptions} from './sudoku-server.js';

/** Requests of one connection that are solved in one turn of the loop: the others wait for no more than that. */
const requestsPerTurn = 64;
/** Bytes of answers that wait for a client before it is not read from any more. */
const highWaterMark = 256 * 1024;
/** Milliseconds in which a client whose request was bad has to end its half. */
const lingerTimeout = 5000;

/** The context: what has been read and not been looked at. */
type Connection = TcpConnection<InputBuffer>;

/** Solves what has come as whole lines; the answers are one send. What is too much for a turn waits until they are out. */
function answerSome(connection: Connection, buffer: InputBuffer, recorder: Recorder): void {
	let answers = '';
	for (let count = 0; count < requestsPerTurn; count++) {
		const line = takeLine(buffer);
		if (line === undefined) {
			if (answers !== '') connection.send(encode(answers));
			return;
		}

		const request = line === tooLong ? undefined : parseRequest(line);
		if (request === undefined) {
			recorder.onBad();
			connection.send(encode(answers + (line === tooLong ? idTooLong : badRequest)));
			connection.shutdown();
			connection.forceCloseWithDelay(lingerTimeout);
			buffer.retrieveAll();
			return;
		}

		const start = recorder.onRequest();
		const solution = solve(request.grid);
		recorder.onAnswer(start, solution);
		answers += solutionLine(request.id, solution);
	}

	connection.stopRead();
	connection.send(encode(answers));
}

/** The same in callbacks: what the coroutine knows by its place in the code, these know by the state of the connection. */
export async function startReactorServer(options: SudokuServerOptions): Promise<SudokuServer> {
	const {port, host, statistics, stallTimeout} = options;
	const recorder = statistics.addRecorder();
	const server = new TcpServer<InputBuffer>(
		EventLoop.current(),
		{port, host, name: 'sudoku', highWaterMark, stallTimeout},
		{
			onMessage(connection, buffer) {
				connection.setContext(buffer);
				if (connection.state === 'connected') answerSome(connection, buffer, recorder);
				else buffer.retrieveAll(); // behind a bad request
			},
			onHighWaterMark: connection => connection.stopRead(),
			onWriteComplete(connection) {
				const buffer = connection.getContext();
				connection.startRead();
				if (buffer !== undefined && connection.state === 'connected') answerSome(connection, buffer, recorder);
			},
			// While reading is stopped this is not told: all whole lines have been answered.
			onEnd: connection => connection.shutdown(),
			onError: reportError,
		},
	);
	await server.start();
	return {
		address: server.address,
		async stop() {
			await server.stop({timeout: stopTimeout});
		},
	};
}
