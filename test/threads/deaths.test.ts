import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import type {CoTcpConnection} from '../../src/index.js';
import {endOf, dispatches, fixture, Host, whoServes, type Shown} from './support.js';

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

test('a rejection that nobody handles', dies, 'reject', /has ended: nobody catches it$/u, 'RangeError', 'round-robin');

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

/** What takes the place of a dead thread fails ever more rarely, is told each time, and does not hold up close. */
const failsAgain = test.macro(async (t, how: string, expected: Partial<Shown>) => {
	const host = await Host.listen(t, {threads: {count: 1, module: fixture('bad.mjs'), data: {how}}});
	await endOf(await host.dial(t, 'x'));
	const [death, ...others] = await host.told(4);
	t.like(death, {code: 'ERR_TCP_THREAD', message: 'Thread 0 of the server "server" has ended with exit code 7'});
	for (const other of others) t.like(other, expected);
	const times = host.errors.map(({at}) => at);
	for (const [index, delay] of [100, 200, 400].entries())
		t.true((times[index + 1] as number) - (times[index] as number) >= delay, times.join(', '));
	const peer = await host.dial(t);
	t.deepEqual(await host.close(), {drained: 0, aborted: 0});
	t.is(await endOf(peer), 'ECONNRESET');
	await host.call('exitWhenDone');
	t.like(await host.child.exited, {code: 0, signal: null});
});
test('the next thread ends itself while it starts, with exit code 0', failsAgain, 'again-exit-0', {
	code: 'ERR_TCP_THREAD',
	message: 'Thread 0 of the server "server" has ended with exit code 0',
});
test('the next thread has a threadInit that rejects', failsAgain, 'again-init', {
	class: 'TypeError',
	message: 'no start',
});
test('the next thread has a module that throws', failsAgain, 'again-load', {class: 'RangeError', code: 'E_MINE'});

test('the next thread has a threadInit that never settles: others serve, and close ends it', async t => {
	const host = await Host.listen(t, {threads: {module: fixture('bad.mjs'), data: {how: 'again-init-forever'}}});
	await endOf(await host.dial(t, 'x'));
	await host.told(1);
	// The second thread is there still.
	await endOf(await host.dial(t, 'x'));
	await host.told(2);
	const waiting = await host.dial(t);
	t.deepEqual(await host.close(), {drained: 0, aborted: 0});
	t.is(await endOf(waiting), 'ECONNRESET');
	t.is(host.errors.length, 2);
	await host.call('exitWhenDone');
	t.like(await host.child.exited, {code: 0, signal: null});
});

test('newcomers on their way to a thread that dies are reset, and their places are free', async t => {
	const directory = mkdtempSync(path.join(tmpdir(), 'cotcp-'));
	t.teardown(() => {
		rmSync(directory, {recursive: true});
	});
	for (const count of [1, 2]) {
		const host = await Host.listen(t, {maxConnections: 60, threads: {count}});
		const file = path.join(directory, String(count));
		const spinning = await host.dial(t, `spin ${file}`);
		t.is(await spinning.readLine(), 'spinning');
		const peers = await Promise.all(Array.from({length: 40}, () => host.dial(t, 'hold')));
		// All have been accepted when the number stays.
		await host.call('descriptors');
		writeFileSync(file, '');
		const first = async (peer: CoTcpConnection): Promise<string> =>
			peer.readLine().then(
				line => line ?? 'end',
				(error: unknown) => (error as {code: string}).code,
			);
		const seen = await Promise.all(peers.map(first));
		t.is(seen.filter(one => one === 'ECONNRESET').length, 40 / count, seen.join(' '));
		t.is(seen.filter(one => one === 'holding').length, 40 - 40 / count);
		for (const peer of peers) peer.reset();
		await host.visit(t, 60);
	}
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
