import test from 'ava';
import {dispatches, endOf, Host, whoServes} from './support.js';

const pauses = test.macro(async (t, dispatch: (typeof dispatches)[number]) => {
	const host = await Host.listen(t, {maxConnections: 5, threads: {dispatch}});
	const peers = await Promise.all(Array.from({length: 20}, () => host.dial(t, 'echo')));
	// Looked at while nobody comes or goes: the threads' counters are not read at one moment.
	await host.until(stats => stats.open === 5);
	let served = 0;
	let ended = 0;
	const all = peers.map(async peer => {
		await peer.send('x');
		await peer.readExactly(1);
		served++;
		t.true(served <= 5 + ended);
		ended++;
		await peer.close();
	});
	await Promise.all(all);
	t.is(served, 20);
	const {refused} = await host.until(stats => stats.open === 0);
	t.like(refused, {maxConnections: 0});
});
for (const dispatch of dispatches) test(`maxConnections holds for all threads together, ${dispatch}`, pauses, dispatch);

const resets = test.macro(async (t, dispatch: (typeof dispatches)[number]) => {
	const host = await Host.listen(t, {maxConnections: 3, overload: 'reset', threads: {dispatch}});
	await host.visit(t, 3);
	for (let other = 0; other < 4; other++) t.is(await host.endOfNewcomer(t), 'ECONNRESET');
	t.like(await host.stats(), {open: 3, accepted: 3});
	t.is((await host.stats()).refused.maxConnections, 4);
	await host.close(0);
	t.is((await host.stats()).refused.maxConnections, 4, 'the number stays');
});
for (const dispatch of dispatches) test(`above maxConnections peers are reset, ${dispatch}`, resets, dispatch);

const perAddress = test.macro(async (t, dispatch: (typeof dispatches)[number]) => {
	const host = await Host.listen(t, {maxConnectionsPerAddress: 2, threads: {dispatch}});
	const mine = [await host.dial(t), await host.dial(t)] as const;
	for (const peer of mine) await whoServes(peer);
	t.is(await host.endOfNewcomer(t), 'ECONNRESET');
	await whoServes(await host.dial(t, undefined, '127.0.0.3'));
	t.is((await host.stats()).refused.maxConnectionsPerAddress, 1);
	await mine[0].close();
	await host.until(stats => stats.open === 2);
	await whoServes(await host.dial(t));
	t.is((await host.stats()).accepted, 4);
});
for (const dispatch of dispatches)
	test(`maxConnectionsPerAddress holds for all threads together, ${dispatch}`, perAddress, dispatch);

const blocks = test.macro(async (t, dispatch: (typeof dispatches)[number]) => {
	const host = await Host.listen(t, {threads: {dispatch}}, {blocks: true});
	t.is(await host.endOfNewcomer(t, '127.0.0.2'), 'ECONNRESET');
	await whoServes(await host.dial(t, undefined, '127.0.0.3'));
	// It is one list: what is added later holds in every thread.
	await host.call('block', {address: '127.0.0.3'});
	for (let tries = 0; tries < 4; tries++) t.is(await host.endOfNewcomer(t, '127.0.0.3'), 'ECONNRESET');
	const {refused} = await host.until(stats => stats.refused.blockList === 5);
	t.is(refused.maxConnectionsPerAddress, 0);
});
for (const dispatch of dispatches) test(`blockList holds in every thread, ${dispatch}`, blocks, dispatch);

test('peers that reset at once leave no place taken', async t => {
	for (const [count, dispatch] of [
		[1, 'round-robin'],
		[2, 'round-robin'],
		[2, 'reuseport'],
	] as const) {
		const host = await Host.listen(t, {maxConnections: 3, threads: {count, dispatch}});
		for (let round = 0; round < 20; round++) {
			const peers = await Promise.all(Array.from({length: 15}, () => host.dial(t)));
			for (const peer of peers) peer.reset();
		}

		await host.visit(t, 3);
		t.like(await host.until(stats => stats.open === 3), {accepted: 303});
		t.deepEqual(host.errors, []);
	}
});

test('places of a thread that dies are free again', async t => {
	const host = await Host.listen(t, {maxConnections: 4, threads: {count: 1}});
	await host.visit(t, 3);
	await endOf(await host.dial(t, 'exit'));
	await host.visit(t, 4);
	t.like(await host.stats(), {open: 4});
});
