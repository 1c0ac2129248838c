import {listen} from 'cotcp';
import {serve} from './serve.js';
import {reportError, stopTimeout, type SudokuServer, type SudokuServerOptions} from './sudoku-server.js';

/** One handler per connection: read a line, solve, send, until there is none. */
export async function startBasicServer(options: SudokuServerOptions): Promise<SudokuServer> {
	const {port, host, statistics, stallTimeout} = options;
	const recorder = statistics.addRecorder();
	const server = await listen({port, host, name: 'sudoku', stallTimeout, onError: reportError}, async connection =>
		serve(connection, recorder),
	);
	return {
		address: server.address,
		async stop() {
			await server.close({timeout: stopTimeout});
		},
	};
}
