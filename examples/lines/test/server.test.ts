import {spawn} from 'node:child_process';
import {text} from 'node:stream/consumers';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {connect, type CoTcpConnection} from 'cotcp';
import {runProgram, startProgram, type ListeningProgram} from '../../shared/child-program.js';
import {testWith} from '../../shared/test-with.js';

const host = '127.0.0.1';
const program = fileURLToPath(new URL('../server.ts', import.meta.url));
const welcome = 'Welcome. Type help.\n';

async function start(): Promise<ListeningProgram> {
	return startProgram(program, ['--port', '0']);
}

async function dial({port}: ListeningProgram): Promise<CoTcpConnection> {
	const connection = await connect({port, host});
	await connection.discard(welcome.length);
	return connection;
}

test.serial('--help tells the options', async t => {
	const {code, stdout, stderr} = await runProgram(program, ['--help']);
	t.is(code, 0);
	t.regex(stdout, /--port PORT/u);
	t.is(stderr, '');
});

test.serial('a port that is none is refused', async t => {
	const {code, stderr} = await runProgram(program, ['--port', 'x']);
	t.is(code, 2);
	t.regex(stderr, /^error: --port must be .*, not 'x'\nTry --help/u);
});

const answers = test.macro(async (t, typed: string, expected: RegExp | string) => {
	await using server = await start();
	await using connection = await dial(server);
	await connection.send(typed);
	await connection.shutdown();
	const answer = String(await connection.readAll());
	if (typeof expected === 'string') t.is(answer, expected);
	else t.regex(answer, expected);
});
test.serial('lines may end with LF or CRLF', answers, 'echo one\necho two\r\n', 'one\ntwo\n');
test.serial('empty lines are passed over', answers, '\n  \r\necho x\n', 'x\n');
test.serial(
	'the last line needs an end',
	answers,
	'echo x\nadd 1',
	'x\nerror: the last line has no end, so it was not carried out\n',
);
test.serial('quit is the last command', answers, 'QUIT\necho x\n', 'bye\n');
test.serial(
	'bytes that are no text are answered',
	answers,
	'\u0000\u0001\u00ff\n',
	/^error: there is no command '.*'; type help\n$/u,
);

test.serial('a line that comes byte by byte is one', async t => {
	await using server = await start();
	await using connection = await dial(server);
	for (const byte of Buffer.from('add 1 2\n')) {
		await connection.send(Uint8Array.of(byte));
		await delay(2);
	}

	t.is(await connection.readLine(), '3');
});

test.serial('a line that is too long is explained, and the next one is carried out', async t => {
	await using server = await start();
	await using connection = await dial(server);
	await connection.send(`echo ${'a'.repeat(2000)}\necho b\n`);
	t.is(await connection.readLine(), 'error: a line has at most 1000 bytes, and this one has 2005');
	t.is(await connection.readLine(), 'b');
});

test.serial('a line without an end resets the connection, and the server tells why', async t => {
	await using server = await start();
	await using connection = await dial(server);
	await connection.send('a'.repeat(80 * 1024));
	t.is((await connection.closed).reason, 'broken');
	await server.tells(/^127\.0\.0\.1:\d+: .*65536/u);
});

test.serial('SIGTERM ends it in good order, with clients that type nothing', async t => {
	await using server = await start();
	await using connection = await dial(server);
	const code = server.stop('SIGTERM');
	t.is(await connection.read(), null);
	await connection.close();
	t.is(await code, 0);
});

const withNetcat = testWith('nc');
withNetcat.run(`somebody types with nc${withNetcat.suffix}`, async t => {
	await using server = await start();
	const netcat = spawn('nc', ['-N', host, String(server.port)], {stdio: ['pipe', 'pipe', 'inherit']});
	const answer = text(netcat.stdout);
	for (const piece of ['ec', 'ho hel', 'lo\n', 'add 1 2.5\r', '\n', 'quit\n']) {
		netcat.stdin.write(piece);
		await delay(20);
	}

	netcat.stdin.end();
	t.is(await answer, `${welcome}hello\n3.5\nbye\n`);
});
