import {parseArgs} from 'node:util';
import {modeNames, type ModeName} from './modes/table.js';
import {integerOption, UsageError, wordOption} from './shared/arguments.js';

export const serverUsage = `Usage: node --import tsx examples/file-transfer/server.ts FILE [options]

Sends FILE to every client that connects, then half-closes.

  --mode MODE    whole, chunked, owned or sendfile: how the file gets there (default: owned)
  --port PORT    0 lets the kernel choose (default: 2021)
  --host HOST    address or name (default: 127.0.0.1)
  --framed       name, size, time, bytes and SHA-256 for client.ts (default: the bare bytes)
  --help         this text
`;

export interface ServerArguments {
	readonly path: string;
	readonly mode: ModeName;
	readonly port: number;
	readonly host: string;
	readonly framed: boolean;
}

/** undefined: `--help` was asked for. */
export function parseServerArguments(args: string[]): ServerArguments | undefined {
	const {values, positionals} = parseArgs({
		args,
		allowPositionals: true,
		options: {
			mode: {type: 'string', default: 'owned'},
			port: {type: 'string', default: '2021'},
			host: {type: 'string', default: '127.0.0.1'},
			framed: {type: 'boolean', default: false},
			help: {type: 'boolean', default: false},
		},
	});
	if (values.help) return undefined;
	const [path, ...more] = positionals;
	if (path === undefined || path === '') throw new UsageError('FILE is missing');
	if (more.length > 0) throw new UsageError(`there can be only one FILE, but there is also '${more[0]}'`);
	if (values.host === '') throw new UsageError('--host must not be empty');
	return {
		path,
		mode: wordOption('--mode', values.mode, modeNames),
		port: integerOption('--port', values.port, 0, 65_535),
		host: values.host,
		framed: values.framed,
	};
}
