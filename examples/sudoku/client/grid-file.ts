import {readFile} from 'node:fs/promises';
import {messageOf} from '../../shared/errors.js';
import {noSolution} from './answer.js';
import {cells, parseGrid} from './grid.js';

/** The grids of a file, and where they stand in it. */
export interface GridFile {
	readonly path: string;
	readonly grids: readonly string[];
	/** Of each grid, from 1. */
	readonly lines: readonly number[];
}

/** One grid a line; empty lines and those that begin with # do not count. @throws Error that names file and line */
export async function readGrids(path: string): Promise<GridFile> {
	const entries = await readLines(path, parseGrid);
	if (entries.length === 0) throw new Error(`${path} has no grid in it`);
	return {path, grids: entries.map(({value}) => value), lines: entries.map(({line}) => line)};
}

/** The answers to the grids of `file`, in their order. @throws Error that names file and line */
export async function readSolutions(path: string, file: GridFile): Promise<readonly string[]> {
	const entries = await readLines(path, parseSolution);
	if (entries.length !== file.grids.length) {
		throw new Error(`${path} has ${entries.length} solutions, but ${file.path} has ${file.grids.length} grids`);
	}

	return entries.map(({value}) => value);
}

function parseSolution(text: string): string {
	if (text === noSolution) return text;
	if (text.length !== cells || /[^1-9]/u.test(text))
		throw new Error(`a solution has ${cells} digits from 1 to 9, or is ${noSolution}`);
	return text;
}

async function readLines(
	path: string,
	parse: (text: string) => string,
): Promise<ReadonlyArray<{value: string; line: number}>> {
	const lines = (await readFile(path, 'utf8')).split('\n').map(text => text.trim());
	return lines.flatMap((text, index) => {
		if (text === '' || text.startsWith('#')) return [];
		const line = index + 1;
		try {
			return [{value: parse(text), line}];
		} catch (error) {
			throw new Error(`${path}, line ${line}: ${messageOf(error)}`, {cause: error});
		}
	});
}
