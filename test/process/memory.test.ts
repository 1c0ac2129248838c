import test, {type ExecutionContext} from 'ava';
import {Child} from '../support/process-child.js';
import {isSanitized, isSoak} from '../support/scale.js';

/** The sanitizer keeps what is freed for a while. */
const mostGrowth = (isSanitized ? 200 : 16) * 2 ** 20;
const mostHeapGrowth = 3 * 2 ** 20;

interface Usage {
	readonly rss: number;
	readonly heap: number;
	readonly descriptors: number;
}

async function run<Told>(t: ExecutionContext, name: string, count: number): Promise<Told> {
	const child = Child.start(t, 'memory', [name, String(count)], {execArgv: ['--expose-gc']});
	const told = await child.next<Told>();
	t.like(await child.exited, {code: 0, signal: null}, child.stderr);
	return told;
}

function isFlat(t: ExecutionContext, first: Usage, second: Usage): void {
	t.log(
		`${Math.round((second.rss - first.rss) / 1024)} KiB more RSS, ${Math.round((second.heap - first.heap) / 1024)} KiB more heap`,
	);
	t.true(second.rss - first.rss < mostGrowth, `RSS has grown from ${first.rss} to ${second.rss}`);
	t.true(second.heap - first.heap < mostHeapGrowth, `the heap has grown from ${first.heap} to ${second.heap}`);
	t.is(second.descriptors, first.descriptors);
}

test.serial('a connection that only its pending read refers to is kept, and works', async t => {
	t.deepEqual(await run(t, 'kept', 100), {alive: 100, seen: 100});
});

test.serial('open connections that nobody refers to are kept', async t => {
	t.deepEqual(await run(t, 'idle', 100), {alive: 100, open: 100, descriptors: 0});
});

test.serial('ended connections are collected with their contexts, and their descriptors are closed', async t => {
	const {made, alive, descriptors} = await run<Record<string, number>>(t, 'ended', 200);
	t.is(made, 600);
	t.true((alive ?? made ?? 0) <= 6, `${alive} are still there`); // the last ones may lie in a register or an inline cache
	t.is(descriptors, 0);
});

test.serial('what a call has waited for is collected, though no call has waited since', async t => {
	t.deepEqual(await run(t, 'waited', 1), {held: [false, false, false]});
});

test.serial('memory is flat over the second half of many connections', async t => {
	const count = isSoak ? 100_000 : 10_000;
	const {first, second, accepted} = await run<{first: Usage; second: Usage; accepted: number}>(t, 'churn', count);
	t.is(accepted, 2 * count);
	isFlat(t, first, second);
});

test.serial('memory is flat over the second 500 servers', async t => {
	const {first, second} = await run<{first: Usage; second: Usage}>(t, 'servers', isSoak ? 5000 : 500);
	isFlat(t, first, second);
});
