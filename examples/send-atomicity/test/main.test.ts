import {fileURLToPath} from 'node:url';
import test from 'ava';
import {runProgram} from '../../shared/child-program.js';

const program = fileURLToPath(new URL('../main.ts', import.meta.url));

const comesOut = test.macro(async (t, args: string[], count: number) => {
	const {code, stdout, stderr} = await runProgram(program, args);
	t.is(stderr, '');
	t.is(code, 0);
	const [, reactor = '', loops = '', send = '', ...more] = stdout.split('\n');
	t.regex(reactor, new RegExp(`^reactor send: ${count} intact, 0 torn; at most [\\d.]+ [KM]iB queued`, 'u'));
	t.regex(send, new RegExp(`^CoTcpConnection\\.send: ${count} intact, 0 torn; at most [\\d.]+ [KM]iB waiting`, 'u'));
	const {intact, torn} = /^sendSome loops: (?<intact>\d+) intact, (?<torn>\d+) torn; /u.exec(loops)?.groups ?? {};
	t.is(Number(intact) + Number(torn), count, loops);
	t.true(Number(torn) > 0, loops);
	t.regex(loops, /first at byte \d+, message \d+ of sender \d+: sender \d+ comes in after \d+ bytes of it$/u);
	t.deepEqual(more, ['']);
});

test.serial('with the defaults', comesOut, [], 16);
test.serial('with two senders of one message each', comesOut, ['--senders', '2', '--messages', '1'], 2);
test.serial(
	'with 400 messages that are smaller than the socket buffer',
	comesOut,
	['--messages', '100', '--size', '200000'],
	400,
);

test.serial('what the socket buffers hold as a whole is not torn, and that is told', async t => {
	const {code, stdout, stderr} = await runProgram(program, ['--messages', '1', '--size', '1024']);
	t.is(code, 1);
	t.regex(stdout, /\nsendSome loops: 4 intact, 0 torn; nothing had to wait\n$/u);
	t.regex(stderr, /^error: sendSome loops: nothing was torn/u);
});

test.serial('--help and wrong arguments', async t => {
	const help = await runProgram(program, ['--help']);
	t.is(help.code, 0);
	t.regex(help.stdout, /^Usage: /u);
	const wrong = await runProgram(program, ['--senders', '1']);
	t.is(wrong.code, 2);
	t.is(wrong.stderr, "error: --senders must be an integer from 2 to 16, not '1'\nTry --help.\n");
});
