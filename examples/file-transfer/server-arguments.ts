import {parseArgs} from 'node:util';
import type {ReactorModeName} from './modes/reactor/table.js';
import {modeNames, type ModeName} from './modes/table.js';
import {integerOption, UsageError, wordOption} from '../shared/arguments.js';

export const serverUsage = `Usage: node --import tsx examples/file-transfer/server.ts FILE [options]

Sends FILE to every client that connects, then half-closes.

  --mode MODE    whole, chunked, owned or sendfile: how the file gets there (default: owned)
  --style STYLE  coroutine, or reactor: whole, chunked and owned in callbacks (default: coroutine)
  --port PORT    0 lets the kernel choose (default: 2021)
  --host HOST    address or name (default: 127.0.0.1)
  --framed       name, size, time, bytes and SHA-256 for client.ts (default: the bare bytes)
  --help         this text
`;

interface CommonArguments {
	readonly path: string;
	readonly port: number;
	readonly host: string;
}

export interface CoroutineArguments extends CommonArguments {
	readonly style: 'coroutine';
	readonly mode: ModeName;
	readonly framed: boolean;
}

export interface ReactorArguments extends CommonArguments {
	readonly style: 'reactor';
	readonly mode: ReactorModeName;
}

export type ServerArguments = CoroutineArguments | ReactorArguments;

const styleNames = ['coroutine', 'reactor'] as const;

/** undefined: `--help` was asked for. */
export function parseServerArguments(args: string[]): ServerArguments | undefined {
	const {values, positionals} = parseArgs({
		args,
		allowPositionals: true,
		options: {
			mode: {type: 'string', default: 'owned'},
			style: {type: 'string', default: 'coroutine'},
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
	const mode = wordOption('--mode', values.mode, modeNames);
	const style = wordOption('--style', values.style, styleNames);
	const common = {path, port: integerOption('--port', values.port, 0, 65_535), host: values.host};
	if (style === 'coroutine') return {...common, style, mode, framed: values.framed};
	// There is nothing in it that the two styles would do differently.
	if (values.framed) throw new UsageError('--framed is there in coroutine style only, not with --style reactor');
	if (mode === 'sendfile') {
		throw new UsageError('--mode sendfile needs connection.sendFile, which --style reactor does not have');
	}

	return {...common, style, mode};
}
