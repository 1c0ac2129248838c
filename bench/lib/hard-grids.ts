import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

/** Known as Golden Nugget: half a millisecond of search. */
const nugget = '000000039000001005003050800008090006070002000100400000009080050020000600400700000';
const digits = 9;

/** The same search under other names of the digits. */
function renamed(grid: string, shift: number): string {
	return grid.replaceAll(/[1-9]/gu, digit => String(((Number(digit) - 1 + shift) % digits) + 1));
}

/** A file of grids that take long. Gone when the process ends. */
export function makeHardGridFile(): string {
	const folder = mkdtempSync(path.join(tmpdir(), 'cotcp-bench-'));
	process.once('exit', () => {
		rmSync(folder, {recursive: true, force: true});
	});
	const file = path.join(folder, 'hard.txt');
	const grids = Array.from({length: digits}, (_, shift) => `${renamed(nugget, shift)}\n`);
	writeFileSync(file, grids.join(''));
	return file;
}
