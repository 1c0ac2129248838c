import {parseArgs} from 'node:util';
import {integerOption, UsageError, wordOption} from '../shared/arguments.js';
import type {Endpoint} from './relay-style.js';

export const styleNames = ['coroutine', 'reactor'] as const;
export type StyleName = (typeof styleNames)[number];

export const relayUsage = `Usage: node --import tsx examples/tcp-relay/relay.ts LISTEN-PORT HOST PORT [options]

Passes every connection to LISTEN-PORT on to HOST PORT: bytes, half-closes and resets, in both directions.

  LISTEN-PORT    0 lets the kernel choose
  HOST           address or name; an IPv6 address with or without [brackets]
  --style STYLE  coroutine or reactor: how the relay is written (default: coroutine)
  --host HOST    address or name to listen on (default: 127.0.0.1)
  --help         this text

SIGINT and SIGTERM stop it; what is open then is reset.
`;

export interface RelayArguments {
	readonly style: StyleName;
	readonly listenOn: Endpoint;
	readonly target: Endpoint;
}

/** undefined: `--help` was asked for. */
export function parseRelayArguments(args: string[]): RelayArguments | undefined {
	const {values, positionals} = parseArgs({
		args,
		allowPositionals: true,
		options: {
			style: {type: 'string', default: 'coroutine'},
			host: {type: 'string', default: '127.0.0.1'},
			help: {type: 'boolean', default: false},
		},
	});
	if (values.help) return undefined;
	const [listenPort, host, port, ...more] = positionals;
	if (listenPort === undefined) throw new UsageError('LISTEN-PORT is missing');
	if (host === undefined) throw new UsageError('HOST is missing');
	if (port === undefined) throw new UsageError('PORT is missing');
	if (more.length > 0) {
		throw new UsageError(`only LISTEN-PORT, HOST and PORT are expected, but there is also '${more[0]}'`);
	}

	return {
		style: wordOption('--style', values.style, styleNames),
		listenOn: {host: hostOf('--host', values.host), port: integerOption('LISTEN-PORT', listenPort, 0, 65_535)},
		target: {host: hostOf('HOST', host), port: integerOption('PORT', port, 1, 65_535)},
	};
}

/** `[::1]` is how addresses with a port are printed, and so what gets copied. */
function hostOf(name: string, text: string): string {
	const host = /^\[(?<address>[^[\]]*)\]$/u.exec(text)?.groups?.['address'] ?? text;
	if (host === '') throw new UsageError(`${name} must not be empty`);
	return host;
}
