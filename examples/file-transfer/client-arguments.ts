import {parseArgs} from 'node:util';
import type {DownloadOptions} from './download/download.js';
import {integerOption, UsageError} from '../shared/arguments.js';

export const clientUsage = `Usage: node --import tsx examples/file-transfer/client.ts HOST PORT [options]

Receives a file from server.ts --framed and verifies its size and SHA-256.
Until then it is OUTPUT.part, which also stays when anything goes wrong.

  --output F         where to put it (default: the server's name for it, here, unless that exists)
  --resume           go on with the OUTPUT.part that an earlier try has left
  --timeout SECONDS  give up after so long without a byte from the server (default: 30)
  --help             this text
`;

const maxTimeoutSeconds = 86_400;

/** undefined: `--help` was asked for. */
export function parseClientArguments(args: string[]): DownloadOptions | undefined {
	const {values, positionals} = parseArgs({
		args,
		allowPositionals: true,
		options: {
			output: {type: 'string'},
			resume: {type: 'boolean', default: false},
			timeout: {type: 'string', default: '30'},
			help: {type: 'boolean', default: false},
		},
	});
	if (values.help) return undefined;
	const [host, port, ...more] = positionals;
	if (host === undefined || host === '') throw new UsageError('HOST is missing');
	if (port === undefined) throw new UsageError('PORT is missing');
	if (more.length > 0) throw new UsageError(`only HOST and PORT are expected, but there is also '${more[0]}'`);
	if (values.output === '') throw new UsageError('--output must not be empty');
	return {
		host,
		port: integerOption('PORT', port, 1, 65_535),
		output: values.output,
		resume: values.resume,
		timeout: integerOption('--timeout', values.timeout, 1, maxTimeoutSeconds) * 1000,
	};
}
