// One command from sources to table; see bench/README.md.
import {buildPrograms} from './lib/build.js';
import {killChildrenAtExit, MeasurementError} from './lib/children.js';
import {chooseCores} from './lib/cores.js';
import {help, parseOptions, UsageError, type Options} from './lib/options.js';
import {runScenario} from './lib/run-scenario.js';
import {missingBuild} from './lib/servers.js';
import {isInside, runInside} from './lib/surroundings.js';
import type {Verdict} from './lib/verdict.js';

const failureExit = 1;
const usageExit = 2;

async function measure(options: Options): Promise<number> {
	killChildrenAtExit();
	const cores = chooseCores();
	console.log(
		`Node ${process.version}; ${cores.description}; ${options.repetitions} repetitions of ${options.seconds} s.`,
	);
	console.log('Ratios are paired per repetition; every figure is the median of the repetitions.');
	const verdicts: Verdict[] = [];
	for (const scenario of options.scenarios) {
		console.log(`\n${scenario.title} (${scenario.name})`);
		const result = await runScenario(scenario, options, cores);
		if (result.table !== '') console.log(result.table);
		for (const {text} of result.verdicts) console.log(`  ${text}`);
		for (const note of result.notes) console.log(`  ${note}`);
		verdicts.push(...result.verdicts);
	}
	const missed = verdicts.filter(({ok}) => ok === false).length;
	const checked = verdicts.filter(({ok}) => ok !== undefined).length;
	console.log(`\nEvery byte was right. Limits: ${checked} checked, ${missed} missed.`);
	return options.check && missed > 0 ? failureExit : 0;
}

async function main(): Promise<number> {
	const options = parseOptions(process.argv.slice(2));
	if (options === 'help') {
		console.log(help);
		return 0;
	}
	if (!isInside()) {
		const missing = missingBuild(options.servers);
		if (missing !== undefined) throw new MeasurementError(missing);
		buildPrograms();
		const exitCode = await runInside(options);
		if (exitCode !== undefined) return exitCode;
	}
	return measure(options);
}

try {
	process.exitCode = await main();
} catch (error) {
	if (error instanceof UsageError) {
		console.error(`${error.message} (see --help)`);
		process.exitCode = usageExit;
	} else {
		console.error(error instanceof MeasurementError ? error.message : error);
		process.exitCode = failureExit;
	}
}
