import test from 'ava';
import {endOf, dispatches, Host, whoServes} from './support.js';

/** The first thread that a newcomer is given to dies of `command`; the other goes on, and one takes its place. */
const dies = test.macro(
	async (t, command: string, message: RegExp, cause: string | undefined, dispatch: (typeof dispatches)[number]) => {
		const host = new Host(t, ['--max-old-space-size=64']);
		await host.listen({threads: {count: 2, dispatch}});
		const before = await host.visit(t, 8);
		const victim = await host.dial(t, command);
		t.regex(await endOf(victim), /^(?:end|ECONNRESET)$/u);
		const [death] = await host.told(1);
		t.false(death?.hasConnection);
		t.like(death, {code: 'ERR_TCP_THREAD', class: 'Error', isTcpError: false});
		t.regex(death?.message ?? '', message);
		t.is(death?.cause?.name, cause);
		const stats = await host.until(({ended}) => ended.aborted > 0);
		t.is(stats.open + stats.ended.aborted, 9);
		// Its place is taken by another thread, which has the same index.
		const threads = new Set(before.map(({threadId}) => threadId));
		for (;;) {
			const [who] = await host.visit(t, 1);
			if (who !== undefined && !threads.has(who.threadId)) break;
		}

		t.is(host.errors.length, 1);
		const late = await host.visit(t, 8);
		t.deepEqual(
			[...new Set(late.map(({index}) => index))].toSorted((a, b) => a - b),
			[0, 1],
		);
		t.is(new Set([...before, ...late].map(({name}) => name)).size, 16, 'names are unique');
	},
);
for (const dispatch of dispatches) {
	test(`process.exit in a handler, ${dispatch}`, dies, 'exit', /has ended with exit code 7$/u, undefined, dispatch);
	test(
		`an error that nobody catches, ${dispatch}`,
		dies,
		'uncaught',
		/has ended: nobody catches it$/u,
		'RangeError',
		dispatch,
	);
}

test('a thread that runs out of memory', dies, 'memory', /has ended: .*memory/u, 'Error', 'round-robin');

test('what a handler throws resets its connection, goes to onError, and ends nothing else', async t => {
	const host = await Host.listen(t, {threads: {count: 1}});
	const [who] = await host.visit(t, 1);
	t.is(await endOf(await host.dial(t, 'throw')), 'ECONNRESET');
	t.is(await endOf(await host.dial(t, 'fail')), 'ECONNRESET');
	const [first, second] = await host.told(2);
	t.like(first, {
		class: 'ResourceError',
		name: 'ResourceError',
		code: 'ENOSPC',
		syscall: 'write',
		message: 'the handler failed',
		isTcpError: true,
		hasConnection: false,
		hasStack: true,
		cause: {class: 'TypeError', name: 'TypeError', message: 'why', isTcpError: false, hasStack: true},
	});
	t.false(second?.hasConnection);
	t.regex(String(second?.shown), /no error/u);
	t.like(await host.until(stats => stats.ended.error === 2), {handlerErrors: 2, open: 1});
	t.is((await host.visit(t, 1))[0]?.threadId, who?.threadId);
});

test('while no thread lives newcomers wait, and are served by the next one', async t => {
	const host = await Host.listen(t, {threads: {count: 1}});
	await endOf(await host.dial(t, 'exit'));
	const peers = await Promise.all(Array.from({length: 20}, () => host.dial(t)));
	const all = await Promise.all(peers.map(peer => whoServes(peer)));
	t.is(new Set(all.map(({threadId}) => threadId)).size, 1);
	t.is((await host.stats()).open, 20);
});

test('a thread that dies again and again is started ever more rarely', async t => {
	const host = await Host.listen(t, {threads: {count: 1}});
	const times: number[] = [];
	for (let death = 0; death < 4; death++) {
		await endOf(await host.dial(t, 'exit'));
		await host.told(death + 1);
		const start = performance.now();
		await host.visit(t, 1);
		times.push(performance.now() - start);
	}

	// 100, 200, 400, 800 ms at least.
	for (const [death, time] of times.entries()) t.true(time >= 100 * 2 ** death - 50, `${time} after ${death}`);
});

test('close while a thread is to be started again, and while it starts', async t => {
	for (const waits of [false, true]) {
		const host = await Host.listen(t, {threads: {count: 1}});
		await endOf(await host.dial(t, 'exit'));
		await host.told(1);
		if (waits) await new Promise(resolve => setTimeout(resolve, 110));
		t.deepEqual(await host.close(), {drained: 0, aborted: 0});
		t.like(await host.stats(), {open: 0, accepted: 1, ended: {...(await host.stats()).ended, aborted: 1}});
		await host.call('exitWhenDone');
		t.like(await host.child.exited, {code: 0});
	}
});

const seeReset = test.macro(async (t, command: string, resetUnlessClosed: boolean) => {
	for (const dispatch of dispatches) {
		const host = await Host.listen(t, {resetUnlessClosed, threads: {count: 1, dispatch}});
		const peers = await Promise.all(Array.from({length: 20}, () => host.dial(t, command)));
		for (const peer of peers) await peer.readExactly(1000);
		await host.dial(t, 'exit');
		t.deepEqual(new Set(await Promise.all(peers.map(peer => endOf(peer)))), new Set(['ECONNRESET']));
		await host.told(1);
	}
});
test('connections of a thread that dies see a reset where bytes are unsent', seeReset, 'flood', false);
test('connections of a thread that dies see a reset with resetUnlessClosed', seeReset, 'fill', true);
