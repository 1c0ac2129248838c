/** `npm run lint:cc` holds every C and C++ file against .clang-format; with --fix it rewrites them. */
import {spawnSync} from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import {isCpp, readSourceTree} from './layers/source-tree.js';

const root = path.join(import.meta.dirname, '..');
const fix = process.argv.includes('--fix');

const version = spawnSync('clang-format', ['--version'], {encoding: 'utf8'});
if (version.error === undefined) {
	const files = readSourceTree(root).flatMap(({path: file}) => (isCpp(file) ? [file] : []));
	const mode = fix ? ['-i'] : ['--dry-run', '--Werror'];
	const status = spawnSync('clang-format', [...mode, ...files], {cwd: root, stdio: 'inherit'}).status;
	console.log(`${version.stdout.trim()}: ${files.length} files, ${status === 0 ? 'no problems' : 'see above'}`);
	process.exitCode = status === 0 ? 0 : 1;
} else {
	const missing = 'clang-format was not found. Install it with:\n    apt-get install --yes clang-format';
	const fails = fix || process.env['CI'] === 'true';
	console.error(fails ? missing : `SKIPPED: the C++ files were not checked. ${missing}`);
	process.exitCode = fails ? 1 : 0;
}
