import test from 'ava';
import {runProgram, startProgram} from '../../shared/child-program.js';
import {until, within} from '../../../test/support/wait.js';
import {exchange, grids, host, kindNames, Output, serverProgram, solutions} from './support.js';

const ms = 60_000;
const request = `${grids[0] ?? ''}\r\n`;
const answer = `${solutions[0] ?? ''}\r\n`;

for (const kind of kindNames) {
	test.serial(`${kind}: the program tells where it listens, prints statistics on SIGUSR2 and at its end`, async t => {
		await using server = await startProgram(serverProgram, ['--port', '0', '--kind', kind]);
		t.is(server.address, host);
		const output = new Output(server.process.stdout as NodeJS.ReadableStream);
		t.is(await exchange(server.port, request), answer);
		server.process.kill('SIGUSR2');
		await within(output.tells(/^solved +1\n/m), 'the statistics', ms);
		t.is(await exchange(server.port, `${request}x\r\n`), `${answer}Bad Request!\r\n`);
		t.is(await within(server.stop('SIGTERM'), 'the end', ms), 0);
		t.regex(output.text, /^requests +2\nsolved +2\nno solution +0\ndropped +0\nbad +1$/m);
		t.is(server.errors(), '');
	});
}

test.serial('--watch without a terminal writes a line each second', async t => {
	await using server = await startProgram(serverProgram, ['--port', '0', '--watch']);
	const output = new Output(server.process.stdout as NodeJS.ReadableStream);
	t.is(await exchange(server.port, request), answer);
	await within(output.tells(/^requests 1 solved 1 .*\n/m), 'a line', ms);
	t.is(await server.stop('SIGINT'), 0);
});

test.serial('--http tells where its page is', async t => {
	await using server = await startProgram(serverProgram, ['--port', '0', '--http', '0']);
	// Keeps the output flowing. The line may have come together with the one that tells of the port.
	new Output(server.process.stdout as NodeJS.ReadableStream);
	const place = (): string | undefined => /^page at (http:\/\/127\.0\.0\.1:\d+\/)$/m.exec(server.printed())?.[1];
	await until(() => place() !== undefined, 'the page', ms);
	const url = place() as string;
	const response = await fetch(`${url}solve`, {method: 'POST', body: grids[0] as string});
	t.is(((await response.json()) as {line?: string}).line, solutions[0]);
	t.regex(await (await fetch(url)).text(), /<h1>Sudoku solver<\/h1>/);
	t.is(await within(server.stop('SIGTERM'), 'the end', ms), 0);
});

test.serial('wrong arguments are exit code 2, a port that is taken is exit code 1, and --help is neither', async t => {
	const wrong = await runProgram(serverProgram, ['--kind', 'x']);
	t.is(wrong.code, 2);
	t.is(wrong.stderr, "error: --kind must be one of basic, reactor, pool, threads, not 'x'\nTry --help.\n");
	const help = await runProgram(serverProgram, ['--help']);
	t.is(help.code, 0);
	t.regex(help.stdout, /^Usage: /);
	await using server = await startProgram(serverProgram, ['--port', '0']);
	for (const kind of kindNames) {
		const taken = await runProgram(serverProgram, ['--port', String(server.port), '--kind', kind]);
		t.is(taken.code, 1, kind);
		t.regex(taken.stderr, /^error: .*EADDRINUSE/, kind);
		t.is(taken.stdout, '', kind);
	}
});
