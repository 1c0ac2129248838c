/**
 * The gate, after `npm ci`: runs every step even if one has failed, then prints `N passed, N failed`, which counts the steps
 * and the tests in them. Arguments are names of steps that have passed already.
 *
 * Exit code 0: all passed; 3: the last line tells what failed; any other: it broke down before that line.
 */
import process from 'node:process';
import {runRound} from './gate/run-round.js';
import type {StepResult} from './gate/run-step.js';
import {rounds} from './gate/steps.js';

const totalMinutes = 20;
const failedExitCode = 3;
/** Of each step: the end of the log has to stay short. */
const namesShown = 8;

const results: StepResult[] = process.argv
	.slice(2)
	.map(name => ({name, seconds: 0, testsPassed: 0, testsFailed: 0, problem: undefined, failedNames: []}));

for (const round of rounds) {
	const minutesLeft = Math.max(0.1, totalMinutes - performance.now() / 60_000);
	const steps = round.map(step => ({...step, limitMinutes: Math.min(step.limitMinutes, minutesLeft)}));
	results.push(...(await runRound(steps, process.stdout)));
}

console.log('\n=== result');
for (const {name, seconds, testsPassed, problem, failedNames} of results) {
	const tests = testsPassed > 0 ? `, ${testsPassed} tests passed` : '';
	const time = seconds > 0 ? ` (${seconds.toFixed(0)} s)` : '';
	console.log(
		`${problem === undefined ? 'ok    ' : 'FAILED'} ${name}${time}${tests}${problem === undefined ? '' : `: ${problem}`}`,
	);
	for (const failed of failedNames.slice(0, namesShown)) console.log(`         ${failed}`);
	if (failedNames.length > namesShown) console.log(`         and ${String(failedNames.length - namesShown)} more`);
}

const failedSteps = results.filter(({problem}) => problem !== undefined).length;
const passed = results.length - failedSteps + results.reduce((sum, {testsPassed}) => sum + testsPassed, 0);
const failed = failedSteps + results.reduce((sum, {testsFailed}) => sum + testsFailed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : failedExitCode;
