/** One fenced piece of JavaScript or TypeScript in a Markdown text. */
export interface CodeBlock {
	readonly line: number;
	readonly language: 'js' | 'ts';
	readonly code: string;
	/** What the comment before it says: `<!-- example: echo -->`. Empty without one. */
	readonly kind: string;
}

const fence = /^```(?<language>\w*)/u;
const comment = /^<!-- example: (?<kind>[\w-]+) -->$/u;
const languages: Readonly<Record<string, 'js' | 'ts'>> = {
	js: 'js',
	mjs: 'js',
	javascript: 'js',
	ts: 'ts',
	typescript: 'ts',
};

export function findCodeBlocks(markdown: string): CodeBlock[] {
	const lines = markdown.split('\n');
	const blocks: CodeBlock[] = [];
	let kind = '';
	for (let index = 0; index < lines.length; index++) {
		const line = lines[index] ?? '';
		const opened = fence.exec(line)?.groups;
		if (opened === undefined) {
			if (line !== '') kind = comment.exec(line)?.groups?.['kind'] ?? '';
			continue;
		}

		const end = lines.indexOf('```', index + 1);
		if (end === -1) throw new Error(`line ${index + 1}: the code block has no end`);
		const language = languages[opened['language'] ?? ''];
		const code = `${lines.slice(index + 1, end).join('\n')}\n`;
		if (language !== undefined) blocks.push({line: index + 1, language, code, kind});
		kind = '';
		index = end;
	}

	return blocks;
}
