import {text} from 'node:stream/consumers';
import {runMain, UsageError} from '../shared/arguments.js';
import {messageOf} from '../shared/errors.js';
import {parseClientArguments, type ClientArguments} from './client/arguments.js';
import {runBatch} from './client/commands/batch.js';
import {runLoad} from './client/commands/load.js';
import {runPipeline} from './client/commands/pipeline.js';
import {solveOne} from './client/commands/solve.js';
import {parseGrid} from './client/grid.js';
import {formatFaults, formatJson, formatOutcome, type Outcome} from './client/report.js';
import {clientUsage} from './client/usage.js';
import {readWorkload, type Workload} from './client/workload.js';

async function main(args: string[]): Promise<void> {
	const parsed = parseClientArguments(args);
	if (parsed === undefined) {
		process.stdout.write(clientUsage);
	} else if (parsed.command === 'solve') {
		const grid = gridOf(parsed.grid ?? (await text(process.stdin)));
		const colours = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';
		process.stdout.write(await solveOne({server: parsed.server, grid, colours}));
	} else {
		const workload = await readWorkload(parsed.file, parsed.solutions);
		const cpu = process.cpuUsage();
		const outcome = await run(parsed, workload);
		process.stderr.write(formatFaults(outcome.tally));
		process.stdout.write(parsed.json ? formatJson(outcome, process.cpuUsage(cpu)) : formatOutcome(outcome));
		if (!outcome.tally.isGood) process.exitCode = 1;
	}
}

function gridOf(written: string): string {
	try {
		return parseGrid(written);
	} catch (error) {
		throw new UsageError(messageOf(error));
	}
}

async function run(parsed: Exclude<ClientArguments, {command: 'solve'}>, workload: Workload): Promise<Outcome> {
	switch (parsed.command) {
		case 'batch':
			return runBatch({...parsed, workload, stream: parsed.json ? null : process.stderr});
		case 'pipeline':
			return runPipeline({...parsed, workload});
		case 'load':
			return runLoad({...parsed, workload});
	}
}

await runMain(main);
