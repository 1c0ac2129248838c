import test from 'ava';
import {dispatches, endOf, fixture, Host} from './support.js';

const drains = test.macro(async (t, dispatch: (typeof dispatches)[number]) => {
	const host = await Host.listen(t, {threads: {dispatch}});
	const peers = await Promise.all(Array.from({length: 10}, () => host.dial(t, 'hold')));
	for (const peer of peers) t.is(await peer.readLine(), 'holding');
	const closing = host.close();
	for (const peer of peers) {
		t.is(await peer.readLine(), 'goodbye');
		t.is(await endOf(peer), 'end');
		await peer.close();
	}

	t.deepEqual(await closing, {drained: 10, aborted: 0});
	t.deepEqual(await host.call('closed'), {drained: 10, aborted: 0});
	t.deepEqual(await host.close(5), {drained: 10, aborted: 0});
	t.like(await host.stats(), {open: 0, accepted: 10});
	await host.call('exitWhenDone');
	t.like(await host.child.exited, {code: 0, signal: null});
});
for (const dispatch of dispatches) test(`close lets handlers of all threads finish, ${dispatch}`, drains, dispatch);

const runsOut = test.macro(async (t, dispatch: (typeof dispatches)[number]) => {
	const host = await Host.listen(t, {threads: {dispatch}});
	const peers = await Promise.all(Array.from({length: 6}, () => host.dial(t, 'stay')));
	for (const peer of peers) t.is(await peer.readLine(), 'staying');
	const holding = await host.dial(t, 'hold');
	t.is(await holding.readLine(), 'holding');
	const long = host.close(60_000);
	t.is(await holding.readLine(), 'goodbye');
	await holding.close();
	await host.until(stats => stats.open === 6);
	// The earliest deadline counts.
	t.deepEqual(await host.close(100), {drained: 1, aborted: 6});
	t.deepEqual(await long, {drained: 1, aborted: 6});
	t.deepEqual(new Set(await Promise.all(peers.map(peer => endOf(peer)))), new Set(['ECONNRESET']));
	const {ended} = await host.stats();
	t.is(ended.aborted, 6);
});
for (const dispatch of dispatches)
	test(`close resets what is left when the time is over, ${dispatch}`, runsOut, dispatch);

test('a thread that computes for ever does not hold up close for ever', async t => {
	const host = await Host.listen(t, {threads: {count: 1}});
	const peer = await host.dial(t, 'block');
	t.is(await peer.readLine(), 'blocked');
	t.deepEqual(await host.close(100), {drained: 0, aborted: 1});
	await host.call('exitWhenDone');
	t.like(await host.child.exited, {code: 0});
});

test('connections that come while a thread computes are served afterwards', async t => {
	const host = await Host.listen(t, {threads: {count: 1}});
	const sleeper = await host.dial(t, 'nap');
	t.is(await sleeper.readLine(), 'asleep');
	const peers = await Promise.all(Array.from({length: 700}, () => host.dial(t, 'echo')));
	await Promise.all(
		peers.map(async (peer, index) => {
			await peer.send(`${index}\n`);
			t.is(await peer.readLine(), String(index));
		}),
	);
	await host.until(({accepted}) => accepted === 701);
});

test('what has been flushed is out, although the handler computes and others of its batch wait', async t => {
	const host = await Host.listen(t, {threads: {count: 1}});
	const sleeper = await host.dial(t, 'nap');
	t.is(await sleeper.readLine(), 'asleep');
	const peers = await Promise.all(Array.from({length: 4}, () => host.dial(t, 'block')));
	t.is(await Promise.any(peers.map(peer => peer.readLine())), 'blocked');
	t.deepEqual(await host.close(100), {drained: 0, aborted: 5});
});

test('a server that nobody holds does not keep the process alive, nor do its threads', async t => {
	for (const threads of [{count: 2}, {count: 2, dispatch: 'reuseport' as const}]) {
		const host = await Host.listen(t, {threads});
		await host.call('unref').catch(() => {});
		t.like(await host.child.exited, {code: 0, signal: null});
	}
});

test('one that is held keeps the process alive until it is closed', async t => {
	const host = await Host.listen(t, {threads: {count: 1}});
	const peer = await host.dial(t, 'hold');
	t.is(await peer.readLine(), 'holding');
	await host.call('exitWhenDone');
	host.child.kill('SIGSTOP');
	host.child.kill('SIGCONT');
	await host.dial(t, 'echo');
	host.child.kill('SIGKILL');
	t.like(await host.child.exited, {signal: 'SIGKILL'});
	t.regex(await endOf(peer), /^(?:end|ECONNRESET)$/u);
});

const processEnds = test.macro(async (t, call: string, code: number) => {
	const host = await Host.listen(t, {threads: {count: 2}});
	const peers = await Promise.all(Array.from({length: 10}, () => host.dial(t, 'flood')));
	for (const peer of peers) await peer.readExactly(1000);
	await host.call(call).catch(() => {});
	t.like(await host.child.exited, {code, signal: null});
	t.deepEqual(new Set(await Promise.all(peers.map(peer => endOf(peer)))), new Set(['ECONNRESET']));
});
test('process.exit of the main thread while threads send', processEnds, 'exit', 0);
test('an uncaught error of the main thread while threads send', processEnds, 'throw', 1);
test('a rejection that nobody handles in the main thread while threads send', processEnds, 'reject', 1);

test('SIGTERM while threads send', async t => {
	for (const dispatch of dispatches) {
		const host = await Host.listen(t, {threads: {dispatch}});
		const peers = await Promise.all(Array.from({length: 10}, () => host.dial(t, 'flood')));
		for (const peer of peers) await peer.readExactly(1000);
		host.child.kill('SIGTERM');
		t.like(await host.child.exited, {code: null, signal: 'SIGTERM'});
		t.deepEqual(new Set(await Promise.all(peers.map(peer => endOf(peer)))), new Set(['ECONNRESET']));
	}
});

test('newcomers on their way to a thread that computes for ever see a reset at close', async t => {
	const host = await Host.listen(t, {threads: {count: 1}});
	const blocked = await host.dial(t, 'block');
	t.is(await blocked.readLine(), 'blocked');
	const peers = await Promise.all(Array.from({length: 40}, () => host.dial(t, 'echo')));
	t.like(await host.close(100), {drained: 0});
	t.deepEqual(new Set(await Promise.all(peers.map(peer => endOf(peer)))), new Set(['ECONNRESET']));
});

test('the reactor: stop shuts down and resets', async t => {
	const host = new Host(t);
	await host.listen({threads: {module: fixture('reactor.mjs')}}, {}, 'start');
	const all = await host.visit(t, 4);
	t.is(new Set(all.map(({threadId}) => threadId)).size, 2);
	t.is(new Set(all.map(({name}) => name)).size, 4);
	const echo = await host.dial(t, 'echo');
	await echo.send('hello');
	t.is((await echo.readExactly(5)).toString(), 'hello');
	t.is(await endOf(await host.dial(t, 'throw')), 'ECONNRESET');
	const [error] = await host.told(1);
	t.like(error, {class: 'RangeError', message: 'the handler failed', hasConnection: false});
	await host.until(stats => stats.ended.error === 1 && stats.handlerErrors === 1);
	const stopping = host.close(500);
	t.is(await endOf(echo), 'end');
	await echo.close();
	const {drained, aborted} = await stopping;
	t.is(drained + aborted, 5);
	t.true(aborted >= 4);
	await host.call('exitWhenDone');
	t.like(await host.child.exited, {code: 0});
});

test('the reactor: a thread that dies is replaced', async t => {
	const host = new Host(t);
	await host.listen({threads: {count: 1, module: fixture('reactor.mjs')}}, {}, 'start');
	const [before] = await host.visit(t, 1);
	await endOf(await host.dial(t, 'exit'));
	t.like((await host.told(1))[0], {code: 'ERR_TCP_THREAD'});
	const [after] = await host.visit(t, 1);
	t.not(after?.threadId, before?.threadId);
});

test('the reactor: count 0 runs the module here', async t => {
	const host = new Host(t);
	await host.listen({threads: {count: 0, module: fixture('reactor.mjs')}}, {}, 'start');
	t.like((await host.visit(t, 1))[0], {index: 0, count: 0, threadId: 0});
	t.is(await endOf(await host.dial(t, 'throw')), 'ECONNRESET');
	t.like((await host.told(1))[0], {class: 'RangeError'});
});
