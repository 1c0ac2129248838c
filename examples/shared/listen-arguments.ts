import {parseArgs} from 'node:util';
import {integerOption, UsageError} from './arguments.js';

export interface ListenArguments {
	readonly port: number;
	readonly host: string;
}

/** The options of a server that has no others. `program`: its path below examples/. */
export function listenUsage(program: string, about: string, defaultPort: number): string {
	return `Usage: node --import tsx examples/${program} [options]

${about}

  --port PORT  0 lets the kernel choose (default: ${defaultPort})
  --host HOST  address or name to listen on (default: 127.0.0.1)
  --help       this text

SIGINT and SIGTERM end it: what has been asked is answered, then every connection is closed.
`;
}

/** undefined: `--help` was asked for. */
export function parseListenArguments(args: string[], defaultPort: number): ListenArguments | undefined {
	const {values} = parseArgs({
		args,
		options: {
			port: {type: 'string', default: String(defaultPort)},
			host: {type: 'string', default: '127.0.0.1'},
			help: {type: 'boolean', default: false},
		},
	});
	if (values.help) return undefined;
	// `[::1]` is how addresses with a port are printed, and so what gets copied.
	const host = /^\[(?<address>[^[\]]*)\]$/u.exec(values.host)?.groups?.['address'] ?? values.host;
	if (host === '') throw new UsageError('--host must not be empty');
	return {port: integerOption('--port', values.port, 0, 65_535), host};
}
