/** Compiles one TypeScript file, or takes what an earlier process has compiled from the same bytes. */
import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {performance} from 'node:perf_hooks';
import {fileURLToPath, URL} from 'node:url';
import {options} from './options.mjs';

const cache = fileURLToPath(new URL('../../build-ts/', import.meta.url));
mkdirSync(cache, {recursive: true});

/** Everything but the source that decides what comes out. */
const {version} = createRequire(import.meta.url)('esbuild/package.json');
const recipe = JSON.stringify([version, options]);

/** @param {string} path of a .ts file */
export async function compile(path) {
	const source = readFileSync(path, 'utf8');
	const key = createHash('sha256').update(recipe).update(path).update('\0').update(source).digest('hex');
	const kept = `${cache}${key}.js`;
	try {
		return readFileSync(kept, 'utf8');
	} catch (error) {
		if (error.code !== 'ENOENT') throw error;
	}

	const {transform} = await import('esbuild');
	const {code} = await transform(source, {...options, sourcefile: path});
	// Other processes see the whole file or none.
	const part = `${cache}${key}.${process.pid}.${performance.now()}.part`;
	writeFileSync(part, code);
	renameSync(part, kept);
	return code;
}
