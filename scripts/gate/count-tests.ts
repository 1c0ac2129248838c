/** How many tests ran, out of what ava, ctest and our own scripts print. */
import {stripVTControlCharacters} from 'node:util';

export interface TestCount {
	readonly passed: number;
	/** Skipped ones, todos and expected failures too: what did not run has not passed. */
	readonly failed: number;
}

const passedLine = /^ *(\d+) (?:tests?|examples?) passed\b/gmu;
const failedLine = new RegExp(
	String.raw`^ *(\d+) (?:${[
		'(?:tests?|hooks?|examples?) failed',
		'tests? (?:skipped|todo)',
		'tests? remained pending after a timeout',
		'known failures?',
		'unhandled rejections?',
		'uncaught exceptions?',
	].join('|')})\b`,
	'gmu',
);
const ctestLine = /^\d+% tests passed, (\d+) tests? failed out of (\d+)/gmu;
const ctestSkipped = /\*\*\*(?:Skipped|Not Run \(Disabled\))/gu;
/** Without a colour ava marks a passed test so; it leaves out the sum of them when one has failed. */
const tickLine = /^ +✔ /gmu;

export function countTests(output: string): TestCount {
	const text = stripVTControlCharacters(output);
	const ctests = [...text.matchAll(ctestLine)];
	const ctestsFailed = sum(ctests, 1);
	const ctestsSkipped = [...text.matchAll(ctestSkipped)].length;
	const summed = [...text.matchAll(passedLine)];
	const passed = summed.length > 0 ? sum(summed, 1) : [...text.matchAll(tickLine)].length;
	return {
		passed: passed + sum(ctests, 2) - ctestsFailed - ctestsSkipped,
		failed: sum([...text.matchAll(failedLine)], 1) + ctestsFailed + ctestsSkipped,
	};
}

function sum(matches: readonly RegExpMatchArray[], group: number): number {
	return matches.reduce((total, match) => total + Number(match[group]), 0);
}
