import {errorCode, messageOf} from './errors.js';

/** The command line is wrong: exit 2. Everything else that goes wrong is exit 1. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
}

/** The option as an integer from `min` to `max`. Digits only: `1e3`, `0x10` and `` are typing errors, not numbers. */
export function integerOption(name: string, text: string, min: number, max: number): number {
	const value = Number(text);
	if (!/^\d+$/.test(text) || value < min || value > max) {
		throw new UsageError(`${name} must be an integer from ${min} to ${max}, not '${text}'`);
	}

	return value;
}

/** The option as one of `words`. */
export function wordOption<Word extends string>(name: string, text: string, words: readonly Word[]): Word {
	const word = words.find(candidate => candidate === text);
	if (word === undefined) throw new UsageError(`${name} must be one of ${words.join(', ')}, not '${text}'`);
	return word;
}

/** Runs a program's `main`; what it rejects with becomes one line on stderr and the exit code. */
export async function runMain(main: (args: string[]) => Promise<void>): Promise<void> {
	try {
		await main(process.argv.slice(2));
	} catch (error) {
		const usage = isUsageError(error);
		process.stderr.write(`error: ${messageOf(error)}\n${usage ? 'Try --help.\n' : ''}`);
		process.exitCode = usage ? 2 : 1;
	}
}

function isUsageError(error: unknown): boolean {
	return error instanceof UsageError || errorCode(error).startsWith('ERR_PARSE_ARGS_');
}
