import test, {type ExecutionContext} from 'ava';
import {Child} from '../support/process-child.js';
import {isSanitized, isSoak} from '../support/scale.js';
import {Host} from './support.js';

interface Told {
	readonly ends: Readonly<Record<string, number>>;
	readonly before: {readonly descriptors: number; readonly bytes: number};
	readonly after: {readonly descriptors: number; readonly bytes: number};
}

/** What may be left of that many threads: V8 and malloc keep some of what they had. */
const slackBytes = 64 * 1024 * 1024;

async function run(t: ExecutionContext, name: string, rounds: number): Promise<Told> {
	const child = Child.start(t, '../../threads/fixtures/terminated', [name, String(rounds)], {
		execArgv: ['--expose-gc'],
	});
	const told = await child.next<Told>();
	t.like(await child.exited, {code: 0, signal: null}, child.stderr);
	const {before, after} = told;
	t.true(after.descriptors <= before.descriptors, `${before.descriptors} descriptors became ${after.descriptors}`);
	t.true(after.bytes <= before.bytes + slackBytes, `${before.bytes} bytes became ${after.bytes}`);
	return told;
}

const terminated = isSoak ? 200 : isSanitized ? 20 : 8;
test.serial(
	`${terminated} workers are terminated in mid-transfer with 20 connections each: all peers see a reset`,
	async t => {
		const {ends} = await run(t, 'terminate', terminated);
		t.deepEqual(ends, {ECONNRESET: terminated * 20});
	},
);

const natural = isSoak ? 1000 : 12;
test.serial(`${natural} workers come and go, and leave nothing behind`, async t => {
	const {ends} = await run(t, 'natural', natural);
	t.deepEqual(ends, {0: natural});
});

test.serial('the main thread and 8 workers have the addon at once', async t => {
	const host = await Host.listen(t, {threads: {count: 8}});
	const all = await host.visit(t, 16);
	t.is(new Set(all.map(({threadId}) => threadId)).size, 8);
	t.is(new Set(all.map(({id}) => id)).size, 16);
	t.deepEqual(await host.close(0), {drained: 0, aborted: 16});
	// By itself: only then it is looked for leaks.
	await host.call('exitWhenDone');
	t.like(await host.child.exited, {code: 0, signal: null});
});
