/** Rules about the text of files: their length, and what must not stand in them. */
import path from 'node:path';
import type {Problem} from './problem.js';
import {countLines, isTest, type SourceFile} from './source-tree.js';

const mostLines = 300;

/** A file has one reason to exist; this many lines is a sign of two. */
export function checkLength(files: readonly SourceFile[]): Problem[] {
	return files.flatMap(({path: file, text}) => {
		const lines = countLines(text);
		if (lines <= mostLines || isTest(file) || !/^(?:native|src)\//u.test(file)) return [];
		return [{file, line: 0, rule: 'file-length', message: `${lines} lines, at most ${mostLines}`}];
	});
}

/** Folders in which somebody's checkout or home lies. (In pieces, so that this file passes its own rule.) */
const machineFolders = ['work', 'root', 'home', 'Users'];
const machinePath = new RegExp(String.raw`(?<![\w.@~$}/-])/(?:${machineFolders.join('|')})/[\w.-]+`, 'u');
const outsidePath = /(?:\.\.\/)+shared(?![\w-])[\w./-]*/u;

/** No path that exists on one machine only, and nothing that lies beside the project. */
export function checkPaths(files: readonly SourceFile[]): Problem[] {
	const folders = new Set(files.flatMap(({path: file}) => [file, path.posix.dirname(file)]));
	return files.flatMap(({path: file, text}) =>
		text.split('\n').flatMap((content, index): Problem[] => {
			const found = machinePath.exec(content)?.[0] ?? outsideOf(file, content, folders);
			if (found === undefined) return [];
			return [{file, line: index + 1, rule: 'machine-paths', message: `'${found}' is outside the project`}];
		}),
	);
}

function outsideOf(file: string, content: string, folders: ReadonlySet<string>): string | undefined {
	const found = outsidePath.exec(content)?.[0];
	if (found === undefined) return undefined;
	const target = path.posix.join(path.posix.dirname(file), found).replace(/\/$/u, '').replace(/\.js$/u, '.ts');
	return folders.has(target) ? undefined : found;
}

/** A lockfile that names a registry ties the project to one machine's settings. */
export function checkLockfile(files: readonly SourceFile[]): Problem[] {
	const lockfile = files.find(({path: file}) => file === 'package-lock.json');
	return (lockfile?.text.split('\n') ?? []).flatMap((content, index) => {
		if (!/"resolved":\s*"https?:/u.test(content)) return [];
		return [{file: 'package-lock.json', line: index + 1, rule: 'lockfile', message: 'names a registry'}];
	});
}
