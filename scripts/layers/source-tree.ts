/** The project's own files, read once. Paths are relative to the root, with forward slashes. */
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';

/** What is generated, installed or not ours. */
const skippedFolders = /^(?:\.git|node_modules|build|build-.*|dist|coverage)$/u;

const largestTextBytes = 1024 * 1024;

/** One text file. */
export interface SourceFile {
	readonly path: string;
	readonly text: string;
}

/** All text files below `root`, in the order of their paths. */
export function readSourceTree(root: string): SourceFile[] {
	const paths: string[] = [];
	collect(root, '', paths);
	return paths.sort().flatMap(file => {
		const bytes = readFileSync(path.join(root, file));
		if (bytes.length > largestTextBytes || bytes.includes(0)) return [];
		return [{path: file, text: bytes.toString()}];
	});
}

function collect(root: string, folder: string, into: string[]): void {
	for (const entry of readdirSync(path.join(root, folder), {withFileTypes: true})) {
		const relative = folder === '' ? entry.name : `${folder}/${entry.name}`;
		if (entry.isFile()) into.push(relative);
		else if (entry.isDirectory() && !skippedFolders.test(entry.name) && relative !== 'docs/api') {
			collect(root, relative, into);
		}
	}
}

/** Number of lines; an unfinished last line counts. */
export function countLines(text: string): number {
	const breaks = text.split('\n').length - 1;
	return text === '' || text.endsWith('\n') ? breaks : breaks + 1;
}

export function isTypeScript(file: string): boolean {
	return /\.m?ts$/u.test(file);
}

export function isCpp(file: string): boolean {
	return /\.(?:cc|h|c)$/u.test(file);
}

/** Tests may import anything and may be long. */
export function isTest(file: string): boolean {
	return /^(?:test|native\/test|examples\/[^/]+\/test)\//u.test(file);
}
