import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';

const loader = path.resolve(import.meta.dirname, '../../scripts/type-script/register.mjs');

function folderOf(t: ExecutionContext): string {
	const folder = mkdtempSync(path.join(tmpdir(), 'cotcp-type-script-'));
	t.teardown(() => {
		rmSync(folder, {recursive: true});
	});
	return folder;
}

function run(folder: string): {status: number | null; stdout: string; stderr: string} {
	return spawnSync(process.execPath, ['--import', loader, path.join(folder, 'main.ts')], {encoding: 'utf8'});
}

test('what runs is what the file holds now, also where it has been compiled before', t => {
	const folder = folderOf(t);
	writeFileSync(path.join(folder, 'main.ts'), "import {value} from './value.js';\nconsole.log(value);\n");
	for (const value of ['one', 'two', 'one']) {
		writeFileSync(path.join(folder, 'value.ts'), `export const value: string = '${value}';\n`);
		t.like(run(folder), {status: 0, stdout: `${value}\n`, stderr: ''});
	}
});

test('an error tells the place in the TypeScript', t => {
	const folder = folderOf(t);
	writeFileSync(
		path.join(folder, 'main.ts'),
		"interface A {\n\ta: 1;\n}\n\nthrow new Error('x' as string satisfies unknown);\n",
	);
	for (const time of ['compiled', 'taken']) {
		const {status, stderr} = run(folder);
		t.is(status, 1, time);
		t.regex(stderr, /main\.ts:5:\d+/u);
	}
});

test('a file that does not compile is an error, each time', t => {
	const folder = folderOf(t);
	writeFileSync(path.join(folder, 'main.ts'), 'const const = 1;\n');
	for (const time of ['first', 'second']) {
		const {status, stderr} = run(folder);
		t.is(status, 1, time);
		t.regex(stderr, /main\.ts:1:6/u);
	}
});

test('a worker thread runs TypeScript, too', t => {
	const folder = folderOf(t);
	writeFileSync(path.join(folder, 'thread.ts'), "const said: string = 'from the thread';\nconsole.log(said);\n");
	writeFileSync(
		path.join(folder, 'main.ts'),
		"import {Worker} from 'node:worker_threads';\nnew Worker(new URL('thread.ts', import.meta.url) as URL);\n",
	);
	t.like(run(folder), {status: 0, stdout: 'from the thread\n'});
});
