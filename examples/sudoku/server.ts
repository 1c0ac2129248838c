import {formatAddress} from '../shared/address.js';
import {runMain} from '../shared/arguments.js';
import {startPageServer, type PageServer} from './http/page-server.js';
import {parseServerArguments, serverUsage, type KindName, type ServerArguments} from './server-arguments.js';
import {startBasicServer} from './servers/basic.js';
import {startPoolServer} from './servers/pool.js';
import {startReactorServer} from './servers/reactor.js';
import type {SudokuServer, SudokuServerOptions} from './servers/sudoku-server.js';
import {startThreadsServer} from './servers/threads.js';
import {formatReport} from './statistics/report.js';
import {Statistics} from './statistics/statistics.js';
import {watch} from './statistics/watch.js';

const kinds: Readonly<Record<KindName, (options: SudokuServerOptions) => Promise<SudokuServer>>> = {
	basic: startBasicServer,
	reactor: startReactorServer,
	pool: startPoolServer,
	threads: startThreadsServer,
};

async function startPage(
	{host, http}: ServerArguments,
	server: SudokuServer,
	statistics: Statistics,
): Promise<PageServer | undefined> {
	if (http === undefined) return undefined;
	try {
		return await startPageServer({host, port: http, server: server.address, statistics});
	} catch (error) {
		await server.stop();
		throw error;
	}
}

const urlHost = (host: string) => (host.includes(':') ? `[${host}]` : host);

async function main(args: string[]): Promise<void> {
	const parsed = parseServerArguments(args);
	if (parsed === undefined) {
		process.stdout.write(serverUsage);
		return;
	}

	const statistics = new Statistics();
	const report = () => formatReport(statistics.snapshot());
	const server = await kinds[parsed.kind]({...parsed, statistics});
	const page = await startPage(parsed, server, statistics);
	process.stdout.write(`listening on ${formatAddress(server.address)}\n`);
	if (page !== undefined) process.stdout.write(`page at http://${urlHost(parsed.host)}:${page.port}/\n`);
	const table = parsed.watch ? watch(statistics, process.stdout) : undefined;
	process.on('SIGUSR2', () => {
		if (table === undefined) process.stdout.write(report());
		else table.print(report());
	});
	process.once('exit', () => process.stdout.write(report()));
	const stop = () => {
		// The second one, with nobody to listen to it, kills.
		for (const signal of signals) process.removeListener(signal, stop);
		table?.end();
		void Promise.all([page?.stop(), server.stop()]);
	};
	for (const signal of signals) process.once(signal, stop);
}

const signals = ['SIGINT', 'SIGTERM'] as const;
await runMain(main);
