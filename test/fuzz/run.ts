/** `npm run fuzz -- --help`: hostile input for the decoders. */
import process from 'node:process';
import {parseArgs} from 'node:util';
import {fuzz} from './fuzz.js';
import {targets} from './targets.js';

const help = `Feeds hostile bytes to the decoders of cotcp/codec.

  --cases N      inputs for each decoder (default 1,000,000)
  --seed S       the same seed makes the same inputs (default: from the clock)
  --first I      number of the first case (default 0)
  --target NAME  one of ${targets.map(({name}) => name).join(', ')} (default: all)
  --help

Exit code 0: all held; 1: something did not, which is printed with what runs it again; 2: wrong arguments.`;

class UsageError extends Error {}

function integer(name: string, text: string | undefined, fallback: number, min: number): number {
	if (text === undefined) return fallback;
	const value = Number(text);
	if (!/^\d+$/u.test(text) || !Number.isSafeInteger(value) || value < min)
		throw new UsageError(`--${name} must be an integer from ${min}, not '${text}'`);
	return value;
}

function readArguments(): {help?: boolean; cases?: string; seed?: string; first?: string; target?: string} {
	try {
		return parseArgs({
			options: {
				cases: {type: 'string'},
				seed: {type: 'string'},
				first: {type: 'string'},
				target: {type: 'string'},
				help: {type: 'boolean'},
			},
		}).values;
	} catch (error) {
		throw new UsageError((error as Error).message);
	}
}

async function main(): Promise<void> {
	const values = readArguments();
	if (values.help === true) {
		console.log(help);
		return;
	}

	const cases = integer('cases', values.cases, 1_000_000, 1);
	const first = integer('first', values.first, 0, 0);
	const seed = integer('seed', values.seed, Date.now() % 2 ** 31, 0);
	const chosen = targets.filter(({name}) => values.target === undefined || name === values.target);
	if (chosen.length === 0)
		throw new UsageError(
			`--target must be one of ${targets.map(({name}) => name).join(', ')}, not '${values.target}'`,
		);
	for (const target of chosen) {
		const start = performance.now();
		const line = (done: number): string =>
			`${target.name}: ${done} cases, seed ${seed}, ${((performance.now() - start) / 1000).toFixed(1)} s, ` +
			`${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`;
		const isTerminal = process.stderr.isTTY;
		const beyond = await fuzz(target, {
			seed,
			first,
			cases,
			onProgress(done) {
				process.stderr.write(isTerminal ? `\r${line(done)}` : `${line(done)}\n`);
			},
		});
		if (isTerminal) process.stderr.write('\r');
		console.log(`${line(cases)}; at most ${beyond} bytes taken beyond the limit: held`);
	}
}

try {
	await main();
} catch (error) {
	console.error(error instanceof UsageError ? `${error.message}\n\n${help}` : error);
	process.exitCode = error instanceof UsageError ? 2 : 1;
}
