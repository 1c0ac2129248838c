import {PassThrough, type Writable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {runStep, type Step, type StepResult} from './run-step.js';

/** Runs steps at once. The first one's output is copied to `log` as it comes, that of each other one when those before it are over. */
export async function runRound(steps: readonly Step[], log: Writable): Promise<StepResult[]> {
	const [first, ...others] = steps;
	if (first === undefined) return [];
	log.write(`\n=== ${first.name}\n`);
	const running = others.map(step => {
		const output = new PassThrough();
		const result = runStep(step, output).finally(() => output.end());
		return {name: step.name, output: text(output), result};
	});
	const results = [await runStep(first, log)];
	for (const {name, output, result} of running) {
		log.write(`\n=== ${name}\n${await output}`);
		results.push(await result);
	}

	return results;
}
