import {availableParallelism} from 'node:os';
import {parseArgs} from 'node:util';
import {integerOption, UsageError, wordOption} from '../shared/arguments.js';

export const kindNames = ['basic', 'reactor', 'pool', 'threads'] as const;
export type KindName = (typeof kindNames)[number];

const mostThreads = 256;
const mostQueued = 1_000_000;

export const serverUsage = `Usage: node --import tsx examples/sudoku/server.ts [options]

Solves sudokus: a line of 81 digits, 0 for an empty cell, is answered by a line of 81 digits.

  --port PORT    0 lets the kernel choose (default: 9981)
  --host HOST    address or name to listen on (default: 127.0.0.1)
  --kind KIND    how the server is written (default: basic)
                   basic    one async handler per connection
                   reactor  callbacks
                   pool     one async handler per connection, worker threads solve
                   threads  one async handler per connection, in threads with a loop each
  --threads N    of kinds pool and threads: how many, 1 to ${mostThreads} (default: one per core)
  --queue N      of kind pool: requests that may be under way, 1 to ${mostQueued};
                 others are answered ServerTooBusy (default: 16384)
  --http PORT    serves a page to solve by hand and to see the statistics; 0 lets the kernel choose
  --watch        shows the statistics live
  --help         this text

SIGUSR2 prints the statistics, and so does the end. SIGINT and SIGTERM answer what has come, then end it; a second
one ends it at once.
`;

export interface ServerArguments {
	readonly port: number;
	readonly host: string;
	readonly kind: KindName;
	readonly threads: number;
	readonly queue: number;
	/** undefined: no page. */
	readonly http: number | undefined;
	readonly watch: boolean;
}

/** undefined: `--help` was asked for. */
export function parseServerArguments(args: string[]): ServerArguments | undefined {
	const {values} = parseArgs({
		args,
		options: {
			port: {type: 'string', default: '9981'},
			host: {type: 'string', default: '127.0.0.1'},
			kind: {type: 'string', default: 'basic'},
			threads: {type: 'string'},
			queue: {type: 'string'},
			http: {type: 'string'},
			watch: {type: 'boolean', default: false},
			help: {type: 'boolean', default: false},
		},
	});
	if (values.help) return undefined;
	const kind = wordOption('--kind', values.kind, kindNames);
	for (const [name, itsKinds] of [
		['threads', ['pool', 'threads']],
		['queue', ['pool']],
	] as const) {
		if (values[name] !== undefined && !(itsKinds as readonly KindName[]).includes(kind))
			throw new UsageError(`--${name} is for --kind ${itsKinds.join(' or ')}, not ${kind}`);
	}

	const {threads = String(availableParallelism()), queue = '16384', http} = values;
	return {
		port: integerOption('--port', values.port, 0, 65_535),
		host: hostOf(values.host),
		kind,
		threads: integerOption('--threads', threads, 1, mostThreads),
		queue: integerOption('--queue', queue, 1, mostQueued),
		http: http === undefined ? undefined : integerOption('--http', http, 0, 65_535),
		watch: values.watch,
	};
}

/** `[::1]` is how addresses with a port are printed, and so what gets copied. */
function hostOf(text: string): string {
	const host = /^\[(?<address>[^[\]]*)\]$/u.exec(text)?.groups?.['address'] ?? text;
	if (host === '') throw new UsageError('--host must not be empty');
	return host;
}
