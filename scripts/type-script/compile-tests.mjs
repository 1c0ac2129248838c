/**
 * Compiles the tests, and all that they import, into build-ts/tree: `node scripts/type-script/compile-tests.mjs`. What runs from there
 * needs no hooks. They cost more than most test files: Node runs them in a thread of their own, and asks it for each module.
 *
 * Files other than TypeScript are where they always are: a compiled file goes on believing that it lies where its source does, but the
 * TypeScript that it names in `new URL('x.ts', import.meta.url)` is the compiled one. Only the library knows where it lies.
 */
import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath, pathToFileURL, URL} from 'node:url';
import {transform} from 'esbuild';
import {options} from './options.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tree = path.join(root, 'build-ts/tree');
const folders = ['src', 'test', 'examples', 'scripts'];

/** @param {string} place of a .ts file */
function compiledPlace(place) {
	return path.join(tree, `${path.relative(root, place).slice(0, -'ts'.length)}js`);
}

/**
 * @param {string} source
 * @param {string} place
 */
function namingCompiled(source, place) {
	return source.replaceAll(/new URL\('([^']+\.ts)', import\.meta\.url\)/gu, (expression, name) => {
		const named = path.resolve(path.dirname(place), name);
		// Else it is a piece of a program that a test writes down.
		return existsSync(named) ? `new URL(${JSON.stringify(pathToFileURL(compiledPlace(named)).href)})` : expression;
	});
}

/** @param {string} place */
function whereItsSourceLies(place) {
	return {
		'import.meta.url': JSON.stringify(pathToFileURL(place).href),
		'import.meta.dirname': JSON.stringify(path.dirname(place)),
	};
}

/** @param {string} place */
async function compile(place) {
	const isLibrary = place.startsWith(path.join(root, 'src', path.sep));
	const {code} = await transform(namingCompiled(readFileSync(place, 'utf8'), place), {
		...options,
		sourcefile: place,
		define: isLibrary ? {} : whereItsSourceLies(place),
	});
	const compiled = compiledPlace(place);
	if (existsSync(compiled) && readFileSync(compiled, 'utf8') === code) return;
	mkdirSync(path.dirname(compiled), {recursive: true});
	// Tests that are running see the whole file or the former one.
	const part = `${compiled}.${process.pid}.part`;
	writeFileSync(part, code);
	renameSync(part, compiled);
}

const places = folders.flatMap(folder =>
	readdirSync(path.join(root, folder), {recursive: true, encoding: 'utf8'})
		.filter(file => file.endsWith('.ts') && !file.startsWith('types/'))
		.map(file => path.join(root, folder, file)),
);
await Promise.all(places.map(compile));

// A test that is gone is not run.
const compiled = new Set(places.map(compiledPlace));
for (const folder of folders) {
	for (const file of readdirSync(path.join(tree, folder), {recursive: true, encoding: 'utf8'})) {
		const place = path.join(tree, folder, file);
		if (place.endsWith('.js') && !compiled.has(place)) rmSync(place);
	}
}

// For the addon, which need not have been built yet.
try {
	symlinkSync('../../build', path.join(tree, 'build'));
} catch (error) {
	if (error.code !== 'EEXIST') throw error;
}
