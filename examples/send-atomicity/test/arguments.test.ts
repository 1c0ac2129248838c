import test from 'ava';
import {parseArguments, usage} from '../arguments.js';

test('the program has the defaults that its help tells', t => {
	t.deepEqual(parseArguments([]), {senders: 4, messages: 4, size: 16_777_216});
	for (const text of ['--senders N    2 to 16 (default: 4)', '(default: 16777216)', '--help', '1.0 GiB'])
		t.true(usage.includes(text), text);
});

test('the program takes every option', t => {
	const args = ['--senders', '2', '--messages', '3', '--size', '4096'];
	t.deepEqual(parseArguments(args), {senders: 2, messages: 3, size: 4096});
	t.is(parseArguments([...args, '--help']), undefined);
});

const refuses = test.macro((t, args: string[], message: RegExp) => {
	t.throws(() => parseArguments(args), {message});
});

test('one sender', refuses, ['--senders', '1'], /^--senders must be an integer from 2 to 16, not '1'$/);
test('more senders than a byte tells', refuses, ['--senders', '17'], /^--senders must be .*, not '17'$/);
test('no message', refuses, ['--messages', '0'], /^--messages must be an integer from 1 to 100000, not '0'$/);
test('a size that is no number', refuses, ['--size', '1M'], /^--size must be an integer from 1024 to .*, not '1M'$/);
test('a tiny size', refuses, ['--size', '10'], /^--size must be .*, not '10'$/);
test(
	'more than fits into memory',
	refuses,
	['--messages', '17'],
	/^--senders times --messages times --size must be at most 1073741824 bytes, not 1140850688$/,
);
test('an argument that is no option', refuses, ['x'], /Unexpected argument 'x'/);
test('an unknown option', refuses, ['--fast'], /'--fast'/);
