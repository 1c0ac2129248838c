import {parseArgs} from 'node:util';
import {integerOption, UsageError, wordOption} from '../../shared/arguments.js';
import type {Server} from './exchange.js';

export const commandNames = ['solve', 'batch', 'pipeline', 'load'] as const;
type CommandName = (typeof commandNames)[number];

/** Of the commands that take a file. */
interface FileArguments {
	readonly server: Server;
	readonly file: string;
	readonly solutions: string | undefined;
	readonly connections: number;
	readonly json: boolean;
}

/** Times in ms. */
export type ClientArguments =
	| {readonly command: 'solve'; readonly server: Server; readonly grid: string | undefined}
	| ({readonly command: 'batch'} & FileArguments)
	| ({
			readonly command: 'pipeline';
			readonly depth: number;
			readonly duration: number;
			readonly requests: number;
	  } & FileArguments)
	| ({
			readonly command: 'load';
			readonly rate: number;
			readonly tick: number;
			readonly duration: number;
			readonly warmup: number;
	  } & FileArguments);

const options = {
	host: {type: 'string', default: '127.0.0.1'},
	port: {type: 'string', default: '9981'},
	timeout: {type: 'string', default: '30'},
	help: {type: 'boolean', default: false},
	solutions: {type: 'string'},
	connections: {type: 'string'},
	'no-ids': {type: 'boolean'},
	json: {type: 'boolean'},
	depth: {type: 'string'},
	rate: {type: 'string'},
	tick: {type: 'string'},
	duration: {type: 'string'},
	warmup: {type: 'string'},
	requests: {type: 'string'},
} as const;

type OptionName = keyof typeof options;

const common: readonly OptionName[] = ['host', 'port', 'timeout', 'help'];
const withFile: readonly OptionName[] = [...common, 'solutions', 'connections', 'no-ids', 'json'];
const taken: Readonly<Record<CommandName, readonly OptionName[]>> = {
	solve: common,
	batch: withFile,
	pipeline: [...withFile, 'depth', 'duration', 'requests'],
	load: [...withFile, 'rate', 'tick', 'duration', 'warmup'],
};

const maxPort = 65_535;
const maxSeconds = 86_400;
const maxConnections = 10_000;
const maxDepth = 100_000;
const maxRequests = 1_000_000_000;
const maxRate = 1_000_000;
const maxTick = 1000;
const msPerSecond = 1000;

function parse(args: string[]) {
	return parseArgs({args, allowPositionals: true, options});
}

type Values = ReturnType<typeof parse>['values'];

/** undefined: `--help` was asked for. @throws UsageError, and what `parseArgs` throws */
export function parseClientArguments(args: string[]): ClientArguments | undefined {
	const {values, positionals} = parse(args);
	if (values.help) return undefined;
	const [word, operand, ...more] = positionals;
	if (word === undefined) throw new UsageError(`COMMAND is missing: one of ${commandNames.join(', ')}`);
	const command = wordOption('COMMAND', word, commandNames);
	const strange = (Object.keys(values) as OptionName[]).find(name => !taken[command].includes(name));
	if (strange !== undefined) throw new UsageError(`${command} takes no --${strange}`);
	if (more.length > 0) {
		const name = command === 'solve' ? 'GRID' : 'FILE';
		throw new UsageError(`only one ${name} is expected, but there is also '${more[0]}'`);
	}

	const server = serverOf(values);
	switch (command) {
		case 'solve':
			return {command, server, grid: operand};
		case 'batch':
			return {command, ...fileArguments(server, values, operand, 1)};
		case 'pipeline':
			return {command, ...fileArguments(server, values, operand), ...pipelineArguments(values)};
		case 'load':
			return {command, ...fileArguments(server, values, operand), ...loadArguments(values)};
	}
}

function serverOf(values: Values): Server {
	if (values.host === '') throw new UsageError('--host must not be empty');
	return {
		host: values.host,
		port: integerOption('--port', values.port, 1, maxPort),
		timeout: secondsOption('--timeout', values.timeout),
		ids: values['no-ids'] !== true,
	};
}

function fileArguments(
	server: Server,
	{solutions, connections, json = false}: Values,
	file: string | undefined,
	fewConnections = 10,
): FileArguments {
	if (file === undefined || file === '') throw new UsageError('FILE is missing');
	if (solutions === '') throw new UsageError('--solutions must not be empty');
	return {
		server,
		file,
		solutions,
		connections: integerOption('--connections', connections ?? String(fewConnections), 1, maxConnections),
		json,
	};
}

function pipelineArguments({depth = '10', duration, requests}: Values) {
	if (duration !== undefined && requests !== undefined)
		throw new UsageError('--duration and --requests exclude each other');
	return {
		depth: integerOption('--depth', depth, 1, maxDepth),
		duration: requests === undefined ? secondsOption('--duration', duration ?? '10') : Infinity,
		requests: requests === undefined ? Infinity : integerOption('--requests', requests, 1, maxRequests),
	};
}

function loadArguments({rate, tick = '1', duration = '10', warmup = '1'}: Values) {
	if (rate === undefined) throw new UsageError('--rate is missing');
	return {
		rate: integerOption('--rate', rate, 1, maxRate),
		tick: integerOption('--tick', tick, 1, maxTick),
		duration: secondsOption('--duration', duration),
		warmup: warmup === '0' ? 0 : secondsOption('--warmup', warmup),
	};
}

/** Seconds, with decimals if need be, as ms. */
function secondsOption(name: string, text: string): number {
	const value = Number(text);
	if (!/^\d+(?:\.\d{1,3})?$/u.test(text) || value <= 0 || value > maxSeconds)
		throw new UsageError(`${name} must be seconds, above 0 and up to ${maxSeconds}, not '${text}'`);
	return value * msPerSecond;
}
