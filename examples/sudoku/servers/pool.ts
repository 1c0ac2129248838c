import {listen, type CoTcpConnection} from 'cotcp';
import {Outbox} from '../pool/outbox.js';
import {SolverPool, tooBusy} from '../pool/solver-pool.js';
import {badRequest, idTooLong, parseRequest, solutionLine, tooBusyLine, tooLong, type Request} from '../protocol.js';
import type {Statistics} from '../statistics/statistics.js';
import {nextLine} from './next-line.js';
import {reportError, stopTimeout, type SudokuServer, type SudokuServerOptions} from './sudoku-server.js';

/** Requests of one connection that may be under way however many connections there are. */
const leastShare = 128;

/** The handler of `basic`, but other threads solve: it reads on while they do, up to a limit. */
export async function startPoolServer(options: SudokuServerOptions): Promise<SudokuServer> {
	const {port, host, threads, queue, statistics, stallTimeout} = options;
	const pool = await SolverPool.start({threads, queue, onError: error => reportError(error, undefined)});
	// All together do not fill the queue by pipelining. One that is alone may, and is told that it is too fast.
	const share = () => {
		const {size} = server.connections;
		return size <= 1 ? 2 * queue : Math.max(leastShare, Math.floor(queue / size));
	};

	const server = await listen({port, host, name: 'sudoku', stallTimeout, onError: reportError}, async connection =>
		serve(connection, {pool, statistics, share}),
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
	readonly statistics: Statistics;
	/** How many answers may be expected before no more is read. */
	readonly share: () => number;
}

async function serve(connection: CoTcpConnection, service: Service): Promise<void> {
	const outbox = new Outbox(connection);
	for (;;) {
		const line = await nextLine(connection);
		const request = line === null || line === tooLong ? undefined : parseRequest(line);
		if (request === undefined) {
			await outbox.fewerThan(1);
			if (line === null) return;
			service.statistics.onBad();
			await connection.send(line === tooLong ? idTooLong : badRequest);
			return;
		}

		ask(request, outbox, service);
		await outbox.fewerThan(service.share());
	}
}

/** An answer with an id goes out when it is there, one without at its place. */
function ask({id, grid}: Request, outbox: Outbox, {pool, statistics}: Service): void {
	const place = outbox.expect(id === '');
	const start = statistics.onRequest();
	const refuse = () => {
		statistics.onDropped();
		outbox.put(place, tooBusyLine(id));
	};

	const isTaken = pool.solve(grid, outcome => {
		if (outcome === tooBusy) {
			refuse();
			return;
		}

		statistics.onAnswer(start, outcome);
		outbox.put(place, solutionLine(id, outcome));
	});
	if (!isTaken) refuse();
}
