import test, {type ExecutionContext} from 'ava';
import {Child} from '../support/process-child.js';
import {isSoak} from '../support/scale.js';

/** What the fixture tells at its end, after which it has to end by itself. */
async function run<Told>(t: ExecutionContext, name: string, count: number): Promise<Told> {
	const child = Child.start(t, 'workers', [name, String(count)]);
	const told = await child.next<Told>();
	t.like(await child.exited, {code: 0, signal: null}, child.stderr);
	return told;
}

test.serial('the main thread and 4 workers serve at the same time', async t => {
	const told = await run<{right: number; ids: number; codes: number[]}>(t, 'together', 4);
	t.is(told.right, 5 * 10 * 50);
	t.is(told.ids, 50);
	t.deepEqual(told.codes, [0, 0, 0, 0]);
});

const areTerminated = test.macro(async (t, name: string, count: number) => {
	const {seen, before, after} = await run<{seen: Record<string, number>; before: number; after: number}>(
		t,
		name,
		count,
	);
	t.is((seen['end'] ?? 0) + (seen['ECONNRESET'] ?? 0), count * 5, JSON.stringify(seen));
	t.true(after <= before, `${before} descriptors have become ${after}`);
});
test.serial(
	'workers in turn end with open connections, and leave nothing behind',
	areTerminated,
	'terminated',
	isSoak ? 300 : 12,
);
test.serial('workers in turn end, each the only thread that has the addon', areTerminated, 'alone', isSoak ? 400 : 12);

test.serial('process.exit in a worker ends its connections, and no more', async t => {
	const {codes, ends} = await run<{codes: number[]; ends: string[]}>(t, 'exits', 5);
	t.deepEqual(codes, [7, 7, 7, 7, 7]);
	t.deepEqual(new Set(ends), new Set(['end']));
});

test.serial('a worker ends by itself after close', async t => {
	const {codes} = await run<{codes: number[]}>(t, 'natural', 5);
	t.deepEqual(codes, [0, 0, 0, 0, 0]);
});

test.serial('workers may end while they load the library', async t => {
	t.deepEqual(await run(t, 'early', isSoak ? 200 : 8), {done: true});
});
