import {parseArgs} from 'node:util';
import {scenarios, type Scenario} from './scenarios.js';
import {servers, type Server} from './servers.js';

/** What the command line asked for, checked. */
export interface Options {
	readonly scenarios: readonly Scenario[];
	readonly servers: readonly Server[];
	readonly repetitions: number;
	/** Measured time of one run. */
	readonly seconds: number;
	/** Before it. */
	readonly warmupSeconds: number;
	/** A missed limit makes the exit code 1. */
	readonly check: boolean;
	/** Run in a network namespace of its own whose loopback uses cubic. */
	readonly namespace: boolean;
	readonly highPriority: boolean;
}

/** The command line cannot be meant; the message names option and value. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
}

const normal = {repetitions: 5, seconds: 2, warmupSeconds: 3};
const quick = {repetitions: 3, seconds: 0.8, warmupSeconds: 0.7};
const maxRepetitions = 100;
const maxSeconds = 60;

function nameList(entries: ReadonlyArray<{name: string; title: string}>): string {
	const width = Math.max(...entries.map(({name}) => name.length));
	return entries.map(({name, title}) => `    ${name.padEnd(width)}  ${title}`).join('\n');
}

export const help = `Compares cotcp with node:net and with a bare C epoll loop, each on one core, and prints medians and ratios.

  npm run bench -- [options]

  --quick            ${quick.repetitions} repetitions of ${quick.seconds} s (otherwise ${normal.repetitions} of ${normal.seconds} s)
  --scenario NAME    only this one; may be given several times
  --server NAME      only this one; may be given several times
  --repetitions N    1 to ${maxRepetitions}
  --seconds S        measured time of each run, above 0 to ${maxSeconds}
  --check            exit 1 if a limit is missed
  --no-namespace     stay in the machine's network, with its own congestion control
  --high-priority    nice -20 (needs root): for a machine that has other work to do meanwhile
  --help

  Scenarios:
${nameList(scenarios)}

  Servers:
${nameList(servers)}

Exit code: 0; 1 when a byte was wrong or a server failed; 2 for a wrong command line.
`;

function toNumber(option: string, text: string, max: number): number {
	const value = Number(text);
	if (text.trim() === '' || !(value > 0 && value <= max)) {
		throw new UsageError(`--${option} takes a number above 0, at most ${max}, not '${text}'`);
	}
	return value;
}

function toRepetitions(text: string): number {
	const value = toNumber('repetitions', text, maxRepetitions);
	if (!Number.isInteger(value)) throw new UsageError(`--repetitions takes an integer, not '${text}'`);
	return value;
}

function choose<Entry extends {name: string}>(
	option: string,
	entries: readonly Entry[],
	names?: string[],
): readonly Entry[] {
	if (names === undefined) return entries;
	for (const name of names) {
		if (entries.some(entry => entry.name === name)) continue;
		throw new UsageError(`--${option} takes ${entries.map(entry => entry.name).join(', ')}, not '${name}'`);
	}
	return entries.filter(entry => names.includes(entry.name));
}

function parse(args: string[]) {
	try {
		return parseArgs({
			args,
			options: {
				quick: {type: 'boolean', default: false},
				scenario: {type: 'string', multiple: true},
				server: {type: 'string', multiple: true},
				repetitions: {type: 'string'},
				seconds: {type: 'string'},
				check: {type: 'boolean', default: false},
				'no-namespace': {type: 'boolean', default: false},
				'high-priority': {type: 'boolean', default: false},
				help: {type: 'boolean', default: false},
			},
		}).values;
	} catch (error) {
		throw new UsageError(error instanceof Error ? error.message : String(error));
	}
}

/**
 * `'help'` if that was asked for.
 *
 * @throws UsageError
 */
export function parseOptions(args: string[]): Options | 'help' {
	const values = parse(args);
	if (values.help) return 'help';
	const defaults = values.quick ? quick : normal;
	return {
		scenarios: choose('scenario', scenarios, values.scenario),
		servers: choose('server', servers, values.server),
		repetitions: values.repetitions === undefined ? defaults.repetitions : toRepetitions(values.repetitions),
		seconds: values.seconds === undefined ? defaults.seconds : toNumber('seconds', values.seconds, maxSeconds),
		warmupSeconds: defaults.warmupSeconds,
		check: values.check,
		namespace: !values['no-namespace'],
		highPriority: values['high-priority'],
	};
}
