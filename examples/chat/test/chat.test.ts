import {spawn} from 'node:child_process';
import {once} from 'node:events';
import test from 'ava';
import {runProgram} from '../../shared/child-program.js';
import {chatUsage, parseChatArguments} from '../chat-arguments.js';
import {Client, join, serverPath, startChat} from './support.js';

const everybodyHears = test.macro(async (t, threads: number) => {
	const {port} = await startChat(t, threads);
	const clients = await Promise.all(Array.from({length: 6}, () => Client.connect(t, port)));
	await join(clients);
	await Promise.all(
		clients.map(async (client, index) => {
			for (let line = 0; line < 50; line++) client.say(`line ${line} of ${index};\n`);
			await Promise.all(clients.map(other => other.hears(`line 49 of ${index};\n`)));
		}),
	);
	for (const {heard} of clients) {
		for (let index = 0; index < 6; index++) {
			const lines = heard.split('\n').filter(line => line.endsWith(` of ${index};`));
			t.deepEqual(
				lines,
				Array.from({length: 50}, (_, line) => `line ${line} of ${index};`),
			);
		}
	}
});
test('everybody hears every line once and in order, with 3 threads', everybodyHears, 3);
test('everybody hears every line once and in order, in the main thread alone', everybodyHears, 0);

test('two nc talk to each other, and a stop ends them', async t => {
	const program = await startChat(t, 2);
	const talkers = [0, 1].map(() => {
		const nc = spawn('nc', ['127.0.0.1', String(program.port)], {stdio: ['pipe', 'pipe', 'inherit']});
		t.teardown(() => nc.kill('SIGKILL'));
		let heard = '';
		nc.stdout.setEncoding('utf8').on('data', (text: string) => {
			heard += text;
		});
		return {
			nc,
			async says(text: string) {
				nc.stdin.write(text);
				while (!heard.includes(text)) await once(nc.stdout, 'data');
			},
			async hears(text: string) {
				while (!heard.includes(text)) await once(nc.stdout, 'data');
			},
		};
	});
	const [first, second] = talkers as [(typeof talkers)[0], (typeof talkers)[0]];
	await first.says('one\n');
	await second.says('two\n');
	await first.hears('two\n');
	await first.says('three\n');
	await second.hears('three\n');
	const gone = talkers.map(({nc}) => once(nc, 'exit'));
	t.is(await program.stop('SIGTERM'), 0);
	await Promise.all(gone);
	t.is(program.errors(), '');
});

test('one who does not read is reset, and the others hear everything meanwhile', async t => {
	const {port} = await startChat(t, 2);
	const sleepers = await Promise.all([Client.connect(t, port), Client.connect(t, port)]);
	await join(sleepers);
	for (const {socket} of sleepers) socket.pause();
	const [speaker, listener] = await Promise.all([Client.connect(t, port), Client.connect(t, port)]);
	await join([speaker, listener]);
	// Far more than what the kernel and the output buffer of one client take.
	const line = `${'x'.repeat(16_000)}\n`;
	const rounds = 2500;
	for (let round = 0; round < rounds; round++) {
		speaker.say(`${line}${round}.\n`);
		if (round % 50 === 49) {
			await Promise.all([speaker.hears(`\n${round}.\n`), listener.hears(`\n${round}.\n`)]);
			speaker.heard = '';
			listener.heard = '';
		}
	}

	for (const {socket} of sleepers) socket.resume();
	await Promise.all(sleepers.map(sleeper => sleeper.ended()));
	for (const {heard} of sleepers) t.true(heard.length < (rounds * line.length) / 2);
});

test('a line that never ends is cut off, and one that was not finished is not said', async t => {
	const {port} = await startChat(t, 1);
	const [endless, unfinished, listener] = await Promise.all([0, 1, 2].map(() => Client.connect(t, port)));
	if (endless === undefined || unfinished === undefined || listener === undefined) throw new Error('never');
	await join([listener]);
	endless.say('y'.repeat(20_000));
	await endless.ended();
	unfinished.say('no end');
	unfinished.socket.end();
	await unfinished.ended();
	listener.say('over.\n');
	await listener.hears('over.\n');
	t.false(listener.heard.includes('y'));
	t.false(listener.heard.includes('no end'));
});

test('arguments: defaults, help and mistakes', t => {
	t.like(parseChatArguments(['--port', '0']), {host: '127.0.0.1', port: 0});
	t.deepEqual(parseChatArguments(['--port', '1', '--threads', '0', '--host', '::1']), {
		host: '::1',
		port: 1,
		threads: 0,
	});
	t.is(parseChatArguments(['--help', '--port', 'x']), undefined);
	for (const text of ['--port PORT', '--threads N', '--host HOST', '--help']) t.true(chatUsage.includes(text));
	t.throws(() => parseChatArguments([]), {message: '--port is missing'});
	t.throws(() => parseChatArguments(['--port', '65536']), {message: /^--port must be .* 0 to 65535, not '65536'$/u});
	t.throws(() => parseChatArguments(['--port', '1', '--threads', '-1']), {message: /--threads/u});
	t.throws(() => parseChatArguments(['--port', '1', '--host', '']), {message: '--host must not be empty'});
	t.throws(() => parseChatArguments(['--port', '1', '--fast']), {message: /'--fast'/u});
});

test('exit codes: 0 for help, 2 for a wrong option, 1 for a port in use', async t => {
	t.like(await runProgram(serverPath, ['--help']), {code: 0, stdout: chatUsage});
	const wrong = await runProgram(serverPath, ['--port', 'x']);
	t.is(wrong.code, 2);
	t.regex(wrong.stderr, /^error: --port must be .*\nTry --help\.\n$/u);
	const {port} = await startChat(t, 0);
	const inUse = await runProgram(serverPath, ['--port', String(port), '--threads', '1']);
	t.is(inUse.code, 1);
	t.regex(inUse.stderr, /^error: .*EADDRINUSE/u);
});
