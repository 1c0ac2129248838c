/**
 * Every program of the examples as its README says to start it, with tsx. The other tests start them with the loader of
 * scripts/type-script, which takes half the time.
 */
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {connect} from '../../src/index.js';
import {runProgram, startProgram} from '../../examples/shared/child-program.js';
import {documentedArguments} from '../../examples/shared/type-script.js';

const host = '127.0.0.1';
const programOf = (name: string): string => path.resolve(import.meta.dirname, '../../examples', name);
const grid = '.1.62.3...2...485.....1..6.379........4.....5.......3.8..4.........5.2..4..13.59.';

const answers = test.macro(
	async (t, name: string, args: readonly string[], request: string | undefined, expected: RegExp) => {
		await using server = await startProgram(programOf(name), args, documentedArguments);
		t.is(server.address, host);
		await using connection = await connect({port: server.port, host});
		if (request !== undefined) await connection.send(request);
		let heard = '';
		while (!expected.test(heard)) heard += String((await connection.read()) ?? t.fail(`the end after '${heard}'`));
		server.process.kill('SIGKILL');
		t.is(server.errors(), '');
	},
);
test.serial('chat, in threads', answers, 'chat/server.ts', ['--port', '0', '--threads', '2'], 'hello\n', /^hello\n$/u);
test.serial('lines', answers, 'lines/server.ts', ['--port', '0'], undefined, /^Welcome/u);
test.serial('resp', answers, 'resp/server.ts', ['--port', '0'], 'PING\n', /^\+PONG\r\n$/u);
for (const kind of ['basic', 'reactor', 'pool']) {
	test.serial(
		`sudoku, ${kind}`,
		answers,
		'sudoku/server.ts',
		['--port', '0', '--kind', kind],
		`${grid.replaceAll('.', '0')}\r\n`,
		/^\d{81}\r\n$/u,
	);
}

test.serial('a relay to a file server, and the client of its framed mode', async t => {
	const folder = await mkdtemp(path.join(tmpdir(), 'cotcp-commands-'));
	t.teardown(async () => rm(folder, {recursive: true, force: true}));
	const file = path.join(folder, 'file');
	const copy = path.join(folder, 'copy');
	await writeFile(file, 'content');
	await using server = await startProgram(
		programOf('file-transfer/server.ts'),
		[file, '--port', '0', '--framed'],
		documentedArguments,
	);
	await using relay = await startProgram(
		programOf('tcp-relay/relay.ts'),
		['0', host, String(server.port)],
		documentedArguments,
	);
	const args = [host, String(relay.port), '--output', copy];
	const {code, stderr} = await runProgram(programOf('file-transfer/client.ts'), args, [], documentedArguments);
	t.is(code, 0, stderr);
	t.is(await readFile(copy, 'utf8'), 'content');
});

test.serial('the client of sudoku', async t => {
	await using server = await startProgram(programOf('sudoku/server.ts'), ['--port', '0'], documentedArguments);
	const args = ['solve', grid, '--port', String(server.port)];
	const {code, stderr} = await runProgram(programOf('sudoku/client.ts'), args, [], documentedArguments);
	t.is(code, 0, stderr);
});

test.serial('send-atomicity', async t => {
	const {code, stdout, stderr} = await runProgram(
		programOf('send-atomicity/main.ts'),
		['--help'],
		[],
		documentedArguments,
	);
	t.is(code, 0, stderr);
	t.regex(stdout, /^Usage: node --import tsx examples\/send-atomicity\/main\.ts /u);
});
