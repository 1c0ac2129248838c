import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import {connect, type CoTcpConnection} from 'cotcp';
import {runProgram, startProgram, type ListeningProgram} from '../../shared/child-program.js';
import {testWith} from '../../shared/test-with.js';
import {maxRequestBytes} from '../codec.js';

const host = '127.0.0.1';
const program = fileURLToPath(new URL('../server.ts', import.meta.url));
const run = promisify(execFile);

async function start(): Promise<ListeningProgram> {
	return startProgram(program, ['--port', '0']);
}

async function dial({port}: ListeningProgram): Promise<CoTcpConnection> {
	return connect({port, host});
}

test.serial('--help tells the options', async t => {
	const {code, stdout, stderr} = await runProgram(program, ['--help']);
	t.is(code, 0);
	t.regex(stdout, /--port PORT/u);
	t.is(stderr, '');
});

const refuses = test.macro(async (t, args: string[], message: RegExp) => {
	const {code, stdout, stderr} = await runProgram(program, args);
	t.is(code, 2);
	t.regex(stderr, message);
	t.is(stdout, '');
});
test.serial(
	'a port that is none is refused',
	refuses,
	['--port', '65536'],
	/^error: --port must be .*, not '65536'\nTry --help/u,
);
test.serial('an empty host is refused', refuses, ['--host', ''], /^error: --host must not be empty\n/u);
test.serial('an unknown option is refused', refuses, ['--prot', '1'], /^error: .*'--prot'/u);

test.serial('it listens on the host that is given', async t => {
	await using server = await startProgram(program, ['--port', '0', '--host', '[::1]']);
	t.is(server.address, '[::1]');
	await using connection = await connect({port: server.port, host: '::1'});
	await connection.send('PING\n');
	t.is(await connection.readLine(), '+PONG');
});

test.serial('all of 100,000 requests are answered, also when the client half-closes behind them', async t => {
	const requests = 100_000;
	await using server = await start();
	await using connection = await dial(server);
	const sent = connection
		.send('*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n'.repeat(requests))
		.then(async () => connection.shutdown());
	const answers = await connection.readAll();
	await sent;
	t.true(answers.equals(Buffer.from('$5\r\nhello\r\n'.repeat(requests))));
});

test.serial('half a request at the end is none, and what came before it is answered', async t => {
	await using server = await start();
	await using connection = await dial(server);
	await connection.send('PING\r\n*2\r\n$3\r\nGET\r\n$10\r\nab');
	await connection.shutdown();
	t.is(String(await connection.readAll()), '+PONG\r\n');
	t.is((await connection.closed).reason, 'closed');
});

test.serial('QUIT is answered, and nothing after it', async t => {
	await using server = await start();
	await using connection = await dial(server);
	await connection.send('PING\r\nQUIT\r\nPING\r\n');
	t.is(String(await connection.readAll()), '+PONG\r\n+OK\r\n');
});

const resets = test.macro(async (t, bytes: string) => {
	await using server = await start();
	await using connection = await dial(server);
	await connection.send(bytes);
	t.is((await connection.closed).reason, 'broken');
	await using another = await dial(server);
	await another.send('PING\r\n');
	t.is(await another.readLine(), '+PONG');
	t.is(server.errors(), '');
});
test.serial(
	'who announces a value of 1 GiB is reset, and others go on',
	resets,
	'*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1073741824\r\n',
);
test.serial('who sends what is no request is reset, and others go on', resets, '*1\r\n+PING\r\n');

test.serial('a value of 32 MiB comes back as it was', async t => {
	const value = Buffer.alloc(maxRequestBytes / 2, '0123456789\r\n');
	await using server = await start();
	await using connection = await dial(server);
	await connection.send([`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${value.length}\r\n`, value, '\r\nGET k\r\n']);
	t.is(await connection.readLine(), '+OK');
	t.is(await connection.readLine(), `$${value.length}`);
	t.true((await connection.readExactly(value.length)).equals(value));
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
	test.serial(`${signal} ends it in good order, with clients that say nothing`, async t => {
		await using server = await start();
		await using connection = await dial(server);
		await connection.send('PING\r\n');
		t.is(await connection.readLine(), '+PONG');
		const code = server.stop(signal);
		t.is(await connection.read(), null);
		await connection.close();
		t.is(await code, 0);
	});
}

const withPython = testWith('python3');
withPython.run(`requests that come together are answered in one write${withPython.suffix}`, async t => {
	const rounds = 100;
	await using server = await start();
	const {stdout} = await run('python3', [
		fileURLToPath(new URL('batches.py', import.meta.url)),
		String(server.port),
		String(rounds),
	]);
	// A few more: what has waited for 0.2 ms goes out, and a machine with other work to do may stop a turn for so long.
	const segments = Number(stdout);
	t.true(segments >= rounds && segments < 3 * rounds, `${segments} for ${rounds} batches of 16`);
});

const withBenchmark = testWith('redis-benchmark');
withBenchmark.run(`redis-benchmark finds no error, pipelined and not${withBenchmark.suffix}`, async t => {
	await using server = await start();
	for (const pipeline of ['1', '16']) {
		const args = [
			'-h',
			host,
			'-p',
			String(server.port),
			'-P',
			pipeline,
			'-t',
			'ping,set,get',
			'-n',
			'10000',
			'--csv',
		];
		const {stdout, stderr} = await run('redis-benchmark', args);
		t.is(stderr, '');
		// A heading, two ways to ping, set and get.
		t.is(stdout.trim().split('\n').length, 5, stdout);
		t.notRegex(stdout, /error/iu);
	}

	t.is(server.errors(), '');
});

const withCli = testWith('redis-cli');
withCli.run(`redis-cli stores, finds and counts${withCli.suffix}`, async t => {
	await using server = await start();
	const ask = async (...words: string[]) =>
		(await run('redis-cli', ['-h', host, '-p', String(server.port), ...words])).stdout;
	t.is(await ask('set', 'a key', 'a\nvalue'), 'OK\n');
	t.is(await ask('get', 'a key'), 'a\nvalue\n');
	t.is(await ask('get', 'another'), '\n');
	t.is(await ask('incr', 'n'), '1\n');
	t.is(await ask('exists', 'n', 'n', 'x'), '2\n');
	t.is(await ask('del', 'n'), '1\n');
	t.regex(await ask('flushall'), /^ERR unknown command 'flushall'\n/u);
	t.regex(await ask('get'), /^ERR wrong number of arguments for 'get' command\n/u);
});
