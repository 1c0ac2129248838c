import {mkdtempSync, rmSync} from 'node:fs';
import {availableParallelism, tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {commands, dispatches, Host} from './support.js';

const everyThreadServes = test.macro(async (t, dispatch: (typeof dispatches)[number]) => {
	const host = await Host.listen(t, {threads: {count: 2, dispatch, data: {text: 'hello', list: [1, 2]}}});
	const all = await host.visit(t, 24);
	t.deepEqual(
		all
			.map(({index}) => index)
			.toSorted()
			.at(0),
		0,
	);
	t.deepEqual(
		all
			.map(({index}) => index)
			.toSorted()
			.at(-1),
		1,
	);
	t.is(new Set(all.map(who => who.threadId)).size, 2);
	t.false(all.some(who => who.threadId === 0));
	t.is(new Set(all.map(({id}) => id)).size, 24);
	t.is(new Set(all.map(({name}) => name)).size, 24, 'names are unique');
	t.true(all.every(({name}) => name.startsWith(`server-127.0.0.1:${host.address.port}#`)));
	for (const {count, data} of all) {
		t.is(count, 2);
		t.deepEqual(data, {text: 'hello', list: [1, 2]});
	}

	t.is((await host.stats()).accepted, 24);
	t.deepEqual(await host.close(0), {drained: 0, aborted: 24});
	t.deepEqual(host.errors, []);
});
for (const dispatch of dispatches) test(`every thread serves, ${dispatch}`, everyThreadServes, dispatch);

test('round-robin gives the threads the connections in turn', async t => {
	const host = await Host.listen(t, {threads: {count: 3}});
	const all = await host.visit(t, 9);
	const first = all.slice(0, 3).map(({index}) => index);
	t.is(new Set(first).size, 3);
	t.deepEqual(
		all.map(({index}) => index),
		[...first, ...first, ...first],
	);
});

const countsBytes = test.macro(async (t, dispatch: (typeof dispatches)[number]) => {
	const host = await Host.listen(t, {threads: {dispatch}});
	const peers = await Promise.all(Array.from({length: 10}, () => host.dial(t, 'echo')));
	for (const peer of peers) {
		await peer.send('x'.repeat(1000));
		await peer.readExactly(1000);
	}

	t.like(await host.stats(), {accepted: 10, open: 10});
	await host.until(stats => stats.bytesWritten === 10_000);
	for (const peer of peers) await peer.close();
	const {threads = [], ...all} = await host.until(stats => stats.ended.closed === 10);
	t.like(all, {open: 0, bytesRead: 10 * 1005, bytesWritten: 10_000});
	t.is(threads.length, 2);
	for (const name of ['accepted', 'open', 'bytesRead', 'bytesWritten'] as const)
		t.is(threads[0]?.[name], all[name] - (threads[1]?.[name] ?? 0), name);
	await host.close();
	t.deepEqual(await host.stats(), {...all, threads}, 'counters stay as they were');
});
for (const dispatch of dispatches) test(`stats are sums of those of the threads, ${dispatch}`, countsBytes, dispatch);

test('count 0: this thread alone runs the module', async t => {
	const host = await Host.listen(t, {threads: {count: 0, data: 5}});
	const [who] = await host.visit(t, 1);
	t.like(who, {index: 0, count: 0, data: 5, threadId: 0});
	t.like(await host.call('state'), {size: 1});
	const {threads = []} = await host.stats();
	t.deepEqual(
		threads.map(({accepted}) => accepted),
		[1],
	);
	t.deepEqual(await host.close(0), {drained: 0, aborted: 1});
});

test('the default is a thread per processor, and module may be a relative path', async t => {
	const module = `./${path.relative(process.cwd(), commands)}`;
	const host = new Host(t);
	await host.listen({threads: {count: undefined, module}});
	t.is((await host.stats()).threads?.length, availableParallelism());
	t.is((await host.visit(t, 1))[0]?.count, availableParallelism());
});

test('on a unix socket the threads are served in turn', async t => {
	const directory = mkdtempSync(path.join(tmpdir(), 'cotcp-'));
	t.teardown(() => {
		rmSync(directory, {recursive: true});
	});
	const host = await Host.listen(t, {path: path.join(directory, 'socket')});
	const all = await host.visit(t, 4);
	t.deepEqual(new Set(all.map(({index}) => index)).size, 2);
	await host.close(0);
	await t.throwsAsync(host.dial(t), {code: 'ENOENT'});
});

test('without a host all addresses are listened at, in each thread', async t => {
	const host = await Host.listen(t, {host: undefined, threads: {dispatch: 'reuseport'}});
	for (const address of ['127.0.0.1', '::1']) {
		host.address = {...host.address, address};
		t.is((await host.visit(t, 8)).length, 8);
	}
});

test('the connections of other threads are not among those of this one, and accept is busy', async t => {
	const host = await Host.listen(t, {threads: {count: 1}});
	await host.visit(t, 2);
	t.like(await host.call('state'), {size: 0, draining: false});
	await t.throwsAsync(host.call('accept'), {message: /takes the connections/u});
	await host.close(0);
	t.like(await host.call('state'), {size: 0, draining: true});
	t.is(await host.call('accept'), null);
	await t.throwsAsync(host.dial(t), {code: 'ECONNREFUSED'});
});
