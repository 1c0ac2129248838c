/** Which tests failed, out of what ava, ctest and our own scripts print: the end of a long log is often all that is kept. */
import {stripVTControlCharacters} from 'node:util';

/** Lines of ava: a failed or skipped test, a file that ended badly, a test that a timeout found waiting. */
const avaLine = /^\s*(?:✘|- \[skip\]|◌) .+$/u;
/** The list at the end of ctest's output. */
const ctestLine =
	/^\s+\d+ - \S+ \((?:Failed|Timeout|Not Run|Disabled|Skipped|SEGFAULT|ILLEGAL|SIGABRT|Subprocess \w+|\w+Exception)\)/u;

export function failedNames(output: string): string[] {
	const lines = stripVTControlCharacters(output).split('\n');
	const names = lines.filter(line => avaLine.test(line) || ctestLine.test(line)).map(line => line.trim());
	return [...new Set(names)];
}
