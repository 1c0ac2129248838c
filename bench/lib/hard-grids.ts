import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

/**
 * Milliseconds of search each, until the first of many solutions; found by changing one known as Golden Nugget at random. The dearer a grid, the
 * less of the machine goes to the client.
 */
const slowGrids = [
	'000000039000001005000000000000095004000002000000000000009080050000000000370060000',
	'000000039000001005000000000008090006000002000000040000009080050050070003000000000',
	'000000039000001005000000000004090006000002000000000000009080050000000600300060000',
	'000000039000001005000050000008090006000002000100000000009080050000000603000260000',
];

/** A file of grids that take long. Gone when the process ends. */
export function makeHardGridFile(): string {
	const folder = mkdtempSync(path.join(tmpdir(), 'cotcp-bench-'));
	process.once('exit', () => {
		rmSync(folder, {recursive: true, force: true});
	});
	const file = path.join(folder, 'hard.txt');
	writeFileSync(file, slowGrids.map(grid => `${grid}\n`).join(''));
	return file;
}
