import {listen, type CoTcpConnection} from 'cotcp';
import type {Client} from '../pool/delivery-book.js';
import {Outbox} from '../pool/outbox.js';
import {SolverPool, tooBusy, type Outcome} from '../pool/solver-pool.js';
import {badRequest, idTooLong, parseRequest, solutionLine, tooBusyLine, tooLong, type Request} from '../protocol.js';
import type {Recorder} from '../statistics/recorder.js';
import {RequestLines} from './request-lines.js';
import {reportError, stopTimeout, type SudokuServer, type SudokuServerOptions} from './sudoku-server.js';

/** Requests of one connection that may be under way however many connections there are. */
const leastShare = 128;

/** The handler of `basic`, but other threads solve, and send what needs no order: it reads on while they do, up to a limit. */
export async function startPoolServer(options: SudokuServerOptions): Promise<SudokuServer> {
	const {port, host, threads, queue, statistics, stallTimeout} = options;
	const recorder = statistics.addRecorder();
	const pool = await SolverPool.start({threads, queue, onError: error => reportError(error, undefined)});
	// All together do not fill the queue by pipelining. One that is alone may, and is told that it is too fast.
	const share = () => {
		const {size} = server.connections;
		return size <= 1 ? 2 * queue : Math.max(leastShare, Math.floor(queue / size));
	};

	const server = await listen({port, host, name: 'sudoku', stallTimeout, onError: reportError}, async connection =>
		serve(connection, {pool, recorder, share}),
	).catch(async (error: unknown) => {
		await pool.stop();
		throw error;
	});
	return {
		address: server.address,
		async stop() {
			await server.close({timeout: stopTimeout});
			await pool.stop();
		},
	};
}

interface Service {
	readonly pool: SolverPool;
	readonly recorder: Recorder;
	/** How many answers may be expected before no more is read. */
	readonly share: () => number;
}

async function serve(connection: CoTcpConnection, service: Service): Promise<void> {
	const lines = new RequestLines(connection);
	const outbox = new Outbox(connection);
	const client = clientOf(connection, outbox);
	for (;;) {
		const line = await lines.next();
		const request = line === null || line === tooLong ? undefined : parseRequest(line);
		if (request === undefined) {
			await outbox.fewerThan(1);
			if (line === null) return;
			service.recorder.onBad();
			await connection.send(line === tooLong ? idTooLong : badRequest);
			return;
		}

		ask(request, outbox, client, service);
		await outbox.fewerThan(service.share());
	}
}

/** The connection as the pool's threads see it. */
function clientOf(connection: CoTcpConnection, outbox: Outbox): Client {
	return {
		token: connection.remote(),
		onSent(count, isLost) {
			// Rather no connection than one on which an answer is missing. Nothing, where it has ended.
			if (isLost) connection.reset();
			outbox.forget(count);
		},
	};
}

/** An answer with an id is sent by the thread that has solved it; one without by this thread, which knows its place. */
function ask({id, grid}: Request, outbox: Outbox, client: Client, {pool, recorder}: Service): void {
	const isInOrder = id === '';
	const place = outbox.expect(isInOrder);
	const start = recorder.onRequest();
	const refuse = () => {
		recorder.onDropped();
		outbox.put(place, tooBusyLine(id));
	};

	const onDone = (outcome: Outcome) => {
		if (outcome === tooBusy) {
			refuse();
			return;
		}

		recorder.onAnswer(start, outcome);
		if (isInOrder) outbox.put(place, solutionLine(id, outcome));
	};
	if (!pool.solve(grid, onDone, isInOrder ? undefined : {client, id})) refuse();
}
