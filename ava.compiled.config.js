/** `ava --config ava.compiled.config.js`, after scripts/type-script/compile-tests.mjs: the same tests as plain `ava`, for less. */
import {readFileSync} from 'node:fs';
import {URL} from 'node:url';

const {ava} = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

export default {
	...ava,
	files: ava.files.map(pattern => `build-ts/tree/${pattern.replace(/\.ts$/u, '.js')}`),
	extensions: ['js'],
	nodeArguments: ['--import=./scripts/type-script/register-below.mjs'],
};
