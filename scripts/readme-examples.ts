/**
 * `npm run test:readme [-- FILE]`: copies the examples out of the README and runs them in their order.
 *
 * An example that listens keeps running for the clients below it, until the next one that listens. The comment
 * `<!-- example: echo -->` before one asks for an echo test with a client that is not ours; `<!-- example: fragment -->` says
 * that it is no program, so it is counted as not run.
 */
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {findCodeBlocks, type CodeBlock} from './readme/code-blocks.js';
import {runExample, type RunningServer} from './readme/run-example.js';

const root = path.join(import.meta.dirname, '..');
const readme = process.argv[2] ?? path.join(root, 'README.md');
/** Inside the project, so that `import 'cotcp'` means this one. */
const folder = path.join(root, 'build-readme');
rmSync(folder, {recursive: true, force: true});
mkdirSync(folder, {recursive: true});

let server: RunningServer | undefined;
let passed = 0;
let failed = 0;

async function run({line, language, code, kind}: CodeBlock): Promise<void> {
	if (!/from '(?:cotcp|cotcp\/\w+)'/u.test(code)) {
		throw new Error('it does not import cotcp; mark it with <!-- example: fragment --> if it is no program');
	}

	if (/\blisten\(/u.test(code)) {
		await server?.stop();
		server = undefined;
	}

	const file = path.join(folder, `line-${line}.m${language}`);
	writeFileSync(file, code);
	const started = await runExample(file, kind === 'echo');
	server = started ?? server;
}

for (const block of findCodeBlocks(readFileSync(readme, 'utf8'))) {
	const title = `${path.basename(readme)}:${block.line}`;
	if (block.kind === 'fragment') {
		console.log(`  - ${title} is a fragment, not run`);
		continue;
	}

	try {
		await run(block);
		passed++;
		console.log(`  ✔ ${title}`);
	} catch (error) {
		failed++;
		console.error(`  ✘ ${title}\n${String(error)}`);
	}
}

await server?.stop();
console.log(`\n  ${passed} examples passed`);
if (failed > 0) console.log(`  ${failed} examples failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
