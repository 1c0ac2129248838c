import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import {once} from 'node:events';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {findCodeBlocks} from '../../scripts/readme/code-blocks.js';
import {listeningOf} from '../../scripts/readme/listening.js';
import {runExample} from '../../scripts/readme/run-example.js';

const echoServer = `
import net from 'node:net';
net.createServer({allowHalfOpen: true}, socket => socket.pipe(socket)).listen(0, '127.0.0.1');
`;

test('code blocks of JavaScript and TypeScript are found, with what the comment before says', t => {
	const markdown = [
		'text',
		'<!-- example: echo -->',
		'',
		'```js',
		'one();',
		'',
		'two();',
		'```',
		'```sh',
		'npm ci',
		'```',
		'```typescript',
		'three();',
		'```',
		'<!-- example: fragment -->',
		'words take the comment away',
		'```mjs',
		'```',
	].join('\n');
	t.deepEqual(findCodeBlocks(markdown), [
		{line: 4, language: 'js', code: 'one();\n\ntwo();\n', kind: 'echo'},
		{line: 12, language: 'ts', code: 'three();\n', kind: ''},
		{line: 17, language: 'js', code: '\n', kind: ''},
	]);
});

test('a code block without an end is an error', t => {
	t.throws(() => findCodeBlocks('\n```js\n'), {message: /line 2/u});
});

test('the ports on which a process listens are found', async t => {
	const server = net.createServer().listen(0, '127.0.0.1');
	t.teardown(() => server.close());
	await once(server, 'listening');
	t.true(listeningOf(process.pid).tcpPorts.includes((server.address() as net.AddressInfo).port));
});

test('a process that does not exist listens nowhere', t => {
	t.deepEqual(listeningOf(2 ** 30), {tcpPorts: [], unix: false});
});

const program = (code: string, extension = 'mjs'): {file: string; remove: () => void} => {
	const folder = mkdtempSync(path.join(tmpdir(), 'readme-'));
	const file = path.join(folder, `example.${extension}`);
	writeFileSync(file, code);
	return {file, remove: () => rmSync(folder, {recursive: true})};
};

test('an example that ends well is no server', async t => {
	const {file, remove} = program('const one: number = 1; console.log(one);', 'mts');
	t.teardown(remove);
	t.is(await runExample(file, false), undefined);
});

test('an echo server is tested, and stays until it is stopped', async t => {
	const {file, remove} = program(echoServer);
	t.teardown(remove);
	const server = await runExample(file, true);
	t.truthy(server);
	await server?.stop();
});

const fails = test.macro(async (t, code: string, echo: boolean, message: RegExp) => {
	const {file, remove} = program(code);
	t.teardown(remove);
	await t.throwsAsync(runExample(file, echo), {message});
});

test(
	'an example that throws fails, and its output is told',
	fails,
	'throw new Error("no luck")',
	false,
	/exit code 1[^]*no luck/u,
);
test('TypeScript in a JavaScript example fails', fails, 'const one: number = 1;', false, /SyntaxError/u);
test(
	'a server that echoes something else fails',
	fails,
	echoServer.replace('socket.pipe(socket)', 'socket.resume().end("x")'),
	true,
	/differs/u,
);
test('an echo example that only ends fails', fails, '', true, /ended instead of listening/u);

test('the command fails when the README holds no example', t => {
	const {file, remove} = program('# Nothing\n', 'md');
	t.teardown(remove);
	const command = path.resolve(import.meta.dirname, '../../scripts/readme-examples.ts');
	const {status, stdout} = spawnSync(
		process.execPath,
		['--import=./scripts/type-script/register.mjs', command, file],
		{encoding: 'utf8'},
	);
	t.is(status, 1);
	t.regex(stdout, /^ {2}0 examples passed$/mu);
});
