/** What a C++ file includes. */
import path from 'node:path';
import type {SourceFile} from './source-tree.js';

export interface Include {
	readonly file: string;
	readonly line: number;
	readonly name: string;
	/** `<name>`, not `"name"`. */
	readonly system: boolean;
}

const includePattern = /^[ \t]*#[ \t]*include[ \t]*(?:<(?<system>[^>]+)>|"(?<own>[^"]+)")/u;

export function parseIncludes({path: file, text}: SourceFile): Include[] {
	return withoutBlockComments(text)
		.split('\n')
		.flatMap((content, index) => {
			const groups = includePattern.exec(content)?.groups;
			const name = groups?.['system'] ?? groups?.['own'];
			if (name === undefined) return [];
			return [{file, line: index + 1, name, system: groups?.['system'] !== undefined}];
		});
}

/** Comments become as many empty lines, so that line numbers stay. */
function withoutBlockComments(text: string): string {
	return text.replaceAll(/\/\*[\s\S]*?\*\//gu, comment => comment.replaceAll(/[^\n]/gu, ''));
}

/** The project's file behind an include: beside the file if there is one, else below native/, the one include folder. */
export function resolveInclude({file, name}: Include, known: ReadonlySet<string>): string {
	const beside = path.posix.join(path.posix.dirname(file), name);
	return known.has(beside) ? beside : path.posix.join('native', name);
}
