/** `ava --config ava.compiled.config.js`, after scripts/type-script/compile-tests.mjs: the same tests as plain `ava`, for less. */
import {readFileSync} from 'node:fs';
import {URL} from 'node:url';

/** Files in which one test follows the other, in programs of their own: begun last, they would leave a core without work. */
const longest = ['examples/', 'test/process/', 'test/threads/', 'test/readme/', 'test/remote/'];

function rank(file) {
	const at = longest.findIndex(folder => file.includes(`build-ts/tree/${folder}`));
	return at === -1 ? longest.length : at;
}

const {ava} = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

export default {
	...ava,
	files: ava.files.map(pattern => `build-ts/tree/${pattern.replace(/\.ts$/u, '.js')}`),
	extensions: ['js'],
	sortTestFiles: (a, b) => rank(a) - rank(b) || a.localeCompare(b),
	// Much of the time goes by in waiting for other processes.
	concurrency: ava.concurrency + 1,
	nodeArguments: ['--import=./scripts/type-script/register-below.mjs'],
};
