/** Tests that use programs of Debian. */
import {existsSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import test from 'ava';

/** Skipped, with a title that tells so, where a program is missing; the gate has them all. */
export function testWith(...programs: string[]): {readonly run: typeof test.serial; readonly suffix: string} {
	const folders = (process.env['PATH'] ?? '').split(delimiter);
	const missing = programs.filter(name => !folders.some(folder => existsSync(join(folder, name))));
	if (missing.length === 0) return {run: test.serial, suffix: ''};
	const suffix = ` (needs ${missing.join(', ')})`;
	return {run: process.env['COTCP_CI'] === '1' ? test.serial : (test.serial.skip as typeof test.serial), suffix};
}
