import test from 'ava';
import {Child, type Exit} from '../support/process-child.js';

/** What the child tells, and how it ends by itself. */
const tells = test.macro(async (t, name: string, words: readonly unknown[], exit: Partial<Exit> = {code: 0}) => {
	const child = Child.start(t, 'alive', [name]);
	child.finish();
	const told: unknown[] = [];
	const listening = (async () => {
		for (;;) told.push(await child.next());
	})().catch(() => {});
	t.like(await child.exited, exit, child.stderr);
	await listening;
	t.deepEqual(told, words);
});

test('a listening server keeps the process alive', tells, 'listening server', ['alive']);
test('a server that is unref does not keep the process alive', tells, 'unref server', []);
test('a server that is ref again keeps the process alive, and one unref is enough', tells, 'ref after unref', [
	'alive',
]);
test('an open connection keeps the process alive', tells, 'open connection', ['alive']);
test('an accepted connection keeps the process alive, although its server is unref', tells, 'accepted connection', [
	'alive',
]);
test('connections that are unref do not keep the process alive', tells, 'unref connections', []);
test('an accept on a server that is unref does not keep the process alive', tells, 'waiting accept', []);
test('a pending sleep keeps the process alive', tells, 'pending sleep', ['slept']);
test(
	'the timeout of a read on a connection that is unref does not keep the process alive',
	tells,
	'pending timeout',
	[],
	{code: 13},
);
test('nothing keeps the process alive after close', tells, 'after close', ['closed']);
test('a handler that never settles does not keep the process alive after close', tells, 'after drain', [
	{drained: 0, aborted: 1},
]);
test(
	'the process ends with code 13 where the top level waits for a connection that is unref',
	tells,
	'awaited unref connection',
	[],
	{
		code: 13,
	},
);
