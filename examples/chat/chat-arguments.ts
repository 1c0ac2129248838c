import {availableParallelism} from 'node:os';
import {parseArgs} from 'node:util';
import {integerOption, UsageError} from '../shared/arguments.js';

export const chatUsage = `Usage: node --import tsx examples/chat/server.ts --port PORT [options]

What any client says in a line, all clients hear: those of all threads, and itself. Talk with nc.

  --port PORT    0 lets the kernel choose
  --threads N    threads with a loop each; 0: the main thread alone (default: one per processor)
  --host HOST    address or name to listen on (default: 127.0.0.1)
  --help         this text

SIGINT and SIGTERM stop it.
`;

export interface ChatArguments {
	readonly host: string;
	readonly port: number;
	readonly threads: number;
}

/** undefined: `--help` was asked for. */
export function parseChatArguments(args: string[]): ChatArguments | undefined {
	const {values} = parseArgs({
		args,
		options: {
			port: {type: 'string'},
			threads: {type: 'string', default: String(availableParallelism())},
			host: {type: 'string', default: '127.0.0.1'},
			help: {type: 'boolean', default: false},
		},
	});
	if (values.help) return undefined;
	if (values.port === undefined) throw new UsageError('--port is missing');
	if (values.host === '') throw new UsageError('--host must not be empty');
	return {
		host: values.host,
		port: integerOption('--port', values.port, 0, 65_535),
		threads: integerOption('--threads', values.threads, 0, 1024),
	};
}
