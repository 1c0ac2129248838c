import {readFile} from 'node:fs/promises';
import test from 'ava';

const folder = new URL('../', import.meta.url);

/** Without imports, empty lines and comments. */
async function linesOfCode(file: string): Promise<number> {
	const text = await readFile(new URL(file, folder), 'utf8');
	const withoutImports = text.replaceAll(/^import [^;]*;$/gm, '');
	return withoutImports.split('\n').filter(line => !/^\s*(?:$|\/\/|\/?\*)/.test(line)).length;
}

test('the lines of code in the table of the two styles are as many as the files have', async t => {
	const readme = await readFile(new URL('README.md', folder), 'utf8');
	const counts = [...readme.matchAll(/\[([\w/-]+\.ts)\]\(\1\) (\d+)/g)];
	t.is(counts.length, 10);
	for (const [, file = '', count] of counts) t.is(Number(count), await linesOfCode(file), file);
});
