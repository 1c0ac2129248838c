import path from 'node:path';
import {pathToFileURL} from 'node:url';
import test from 'ava';
import {workerSource} from '../../src/internal/type-script.js';
import {runChild} from '../support/child.js';

test('with --import tsx a module may be TypeScript, and the library run from its source', async t => {
	// The source itself, also where the tests run compiled.
	const module = pathToFileURL(path.resolve(import.meta.dirname, 'fixtures/typed.ts')).href;
	const program = `
const server = await cotcp.listen({port: 0, host: '127.0.0.1', threads: {count: 1, module: new URL('${module}')}});
const connection = await cotcp.connect({port: server.address.port, host: '127.0.0.1'});
console.log(String(await connection.readAll()));
await connection.close();
await server.close({timeout: 0});
`;
	const {code, stdout, stderr} = await runChild(program, [], [], 'tsx');
	t.is(code, 0, stderr);
	t.is(stdout, 'hello from 0 of 1, false\n');
});

test.serial('hooks are for processes that run with tsx', t => {
	const entry = new URL('file:///somewhere/entry.js');
	const before = process.execArgv;
	t.teardown(() => {
		process.execArgv = before;
	});
	const major = Number(process.versions.node.split('.', 1)[0]);
	for (const execArgv of [
		['--import=tsx'],
		['--import', 'tsx'],
		['--import', 'tsx/esm'],
		['--import', 'file:///a/tsx/dist/loader.mjs'],
	]) {
		process.execArgv = execArgv;
		const {source, data} = workerSource(entry);
		t.is(data?.entry, major < 22 ? entry.href : undefined);
		t.is(source.protocol, major < 22 ? 'data:' : 'file:');
	}

	for (const execArgv of [[], ['--import', './other.js'], ['--expose-gc']]) {
		process.execArgv = execArgv;
		t.deepEqual(workerSource(entry), {source: entry, data: undefined});
	}
});
