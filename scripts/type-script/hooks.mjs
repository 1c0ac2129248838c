/** Hooks for node:module: an import of ./x.js means ./x.ts where there is such a file, and a .ts file is compiled. */
import {existsSync} from 'node:fs';
import {fileURLToPath, URL} from 'node:url';
import {compile} from './compile.mjs';

const isPlace = /^(?:\.{0,2}\/|file:)/u;

export async function resolve(specifier, context, next) {
	if (isPlace.test(specifier)) {
		const url = new URL(specifier, context.parentURL);
		if (url.protocol === 'file:' && !url.pathname.includes('/node_modules/')) {
			if (url.pathname.endsWith('.js')) url.pathname = `${url.pathname.slice(0, -'js'.length)}ts`;
			if (url.pathname.endsWith('.ts') && existsSync(url))
				return {url: url.href, format: 'module', shortCircuit: true};
		}
	}

	return next(specifier, context);
}

export async function load(url, context, next) {
	const {protocol, pathname} = new URL(url);
	if (protocol !== 'file:' || !pathname.endsWith('.ts') || pathname.includes('/node_modules/'))
		return next(url, context);
	return {format: 'module', source: await compile(fileURLToPath(url)), shortCircuit: true};
}
