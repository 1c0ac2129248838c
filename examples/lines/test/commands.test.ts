import test from 'ava';
import {maxLineBytes, obey, type Session} from '../commands.js';

const says = test.macro((t, line: string, expected: string | RegExp) => {
	const {text} = obey(line, {lines: 0}) ?? {text: ''};
	if (typeof expected === 'string') t.is(text, expected);
	else t.regex(text, expected);
});
test('echo gives back what follows', says, 'echo  a  b ', 'a  b');
test('echo may have nothing to give back', says, 'echo', '');
test('a command may be in capitals', says, 'ECHO x', 'x');
test('add takes numbers of all kinds', says, 'add 1 -2.5 .5 1e2', '99');
test('add says which word is no number', says, 'add 1 0x10', "error: add takes numbers, and '0x10' is none");
test('add needs a number', says, 'add', 'error: add needs numbers, such as: add 1 2.5');
test('time is in UTC', says, 'time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u);
test('time takes nothing more', says, 'time now', "error: time takes nothing more, so 'now' is too much");
test('help names every command', says, 'help', /^help .*\necho TEXT .*\ntime .*\nadd A B .*\ncount .*\nquit .*$/u);
test('an unknown command is told', says, 'foo bar', "error: there is no command 'foo'; type help");
test('a line of spaces has no answer', says, '   ', '');
test('the longest line is carried out', says, `echo ${'a'.repeat(maxLineBytes - 5)}`, 'a'.repeat(maxLineBytes - 5));
test(
	'a longer one is not',
	says,
	`echo ${'é'.repeat(maxLineBytes / 2)}`,
	/^error: a line has at most 1000 bytes, and this one has 1005$/u,
);

test('count counts every line', t => {
	const session: Session = {lines: 0};
	obey('echo x', session);
	obey('', session);
	t.is(obey('count', session)?.text, '3');
	t.true(obey('quit', session)?.last);
});
