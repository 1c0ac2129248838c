import {listen} from 'cotcp';
import {reportError, stopTimeout, type SudokuServer, type SudokuServerOptions} from './sudoku-server.js';
import type {ThreadData} from './thread.js';

/** The handler of `basic` in several threads with a loop each. This one accepts for them; they share nothing but the counters. */
export async function startThreadsServer(options: SudokuServerOptions): Promise<SudokuServer> {
	const {port, host, threads: count, statistics, stallTimeout} = options;
	const data: ThreadData = {counters: Array.from({length: count}, () => statistics.addRecorder().memory)};
	const module = new URL('thread.ts', import.meta.url);
	const threads = {count, module, data};
	const server = await listen({port, host, name: 'sudoku', stallTimeout, onError: reportError, threads});
	return {
		address: server.address,
		async stop() {
			await server.close({timeout: stopTimeout});
		},
	};
}
