import test, {type ExecutionContext} from 'ava';
import {
	ClosedError,
	connect,
	listen,
	RemoteConnection,
	type CoTcpConnection,
	type RemoteToken,
} from '../../src/index.js';
import {runChild} from '../support/child.js';
import {checkDescriptors} from '../support/descriptors.js';
import {isSanitized, isSoak} from '../support/scale.js';
import {nextTurn, reasonOf, turns, until, within} from '../support/wait.js';
import {Thread} from './support.js';

checkDescriptors(test);

const faces = ['coroutine', 'reactor'] as const;
/** Bytes of memory that senders may cost while they wait: a message for each, and a young generation of V8's. All that they have to send is twice as much. */
const mostGrowth = 32 * 1024 * 1024;

/** Bytes of memory that this process has at most, beyond what it has now, until `isSo` is false. */
async function growthWhile(isSo: () => boolean): Promise<number> {
	const before = process.memoryUsage.rss();
	let most = before;
	while (isSo()) {
		most = Math.max(most, process.memoryUsage.rss());
		await nextTurn();
	}

	return most - before;
}
type Face = (typeof faces)[number];

interface Told {
	readonly port: number;
	readonly token: RemoteToken;
}

interface Owned {
	readonly owner: Thread<Told>;
	/** The other end of a connection that the owner has. */
	readonly peer: CoTcpConnection;
	readonly token: RemoteToken;
	readonly remote: RemoteConnection;
}

/** A thread that owns a connection of ours. */
async function owned(t: ExecutionContext, face: Face): Promise<Owned> {
	const owner = new Thread<Told>(t, 'owner', {face});
	const {port} = await owner.next('its port');
	const peer = await connect({host: '127.0.0.1', port});
	t.teardown(() => {
		peer.reset();
	});
	const {token} = await owner.next('the token');
	return {owner, peer, token, remote: RemoteConnection.from(token)};
}

for (const face of faces) {
	test.serial(`a connection of another thread: send, shutdown, closed (${face})`, async t => {
		const {owner, peer, remote} = await owned(t, face);
		const {closed} = remote;
		await remote.send(['hello ', Buffer.from('world')]);
		await remote.shutdown();
		t.is((await peer.readAll()).toString(), 'hello world');
		await t.throwsAsync(remote.send('x'), {instanceOf: ClosedError, message: /shut down/u});
		await remote.shutdown();
		await peer.close();
		const {reason, bytesWritten} = await within(closed, 'its end');
		t.deepEqual({reason, bytesWritten}, {reason: 'closed', bytesWritten: 11});
		t.true((await reasonOf(remote.send('x'))) instanceof ClosedError);
		owner.run('close');
		t.is(await owner.exited, 0);
	});

	test.serial(`reset from another thread reaches the peer as a reset (${face})`, async t => {
		const {peer, remote} = await owned(t, face);
		remote.reset();
		t.like(await reasonOf(peer.read()), {code: 'ECONNRESET'});
		t.like(await within(remote.closed, 'its end'), {reason: 'reset'});
	});

	test.serial(`an owner that computes: senders wait, and everything arrives afterwards (${face})`, async t => {
		const {owner, peer, token, remote} = await owned(t, face);
		const senders = [0, 1].map(number => new Thread<object>(t, 'sender', {number}));
		// What a thread costs is none of the memory that is looked at below.
		for (const sender of senders) {
			sender.tell({connection: token});
			sender.run('inTurn', 1, 10);
			await sender.next('its first message');
			await within(peer.readExactly(10), 'the message');
		}

		const flag = new Int32Array(new SharedArrayBuffer(4));
		owner.run('block', isSoak ? 5000 : 1500, flag);
		await until(() => flag[0] === 1, 'the owner to be busy');
		const count = isSoak ? 1000 : 300;
		for (const sender of senders) sender.run('inTurn', count, 100_000);

		// One that does not wait for them: no more than a window of them leaves this thread.
		let accepted = 0;
		const calls = Array.from({length: 200}, async () => {
			await remote.send(Buffer.alloc(100_000, 'm'));
			accepted++;
		});
		await turns(50);
		const early = accepted + senders.reduce((sum, {untold}) => sum + untold, 0);
		const wasBusy = flag[0] === 1;
		const grown = await growthWhile(() => flag[0] === 1);
		const all = peer.readExactly((200 + 2 * count) * 100_000);
		await within(Promise.all(calls), 'all to be accepted', 60_000);
		const stream = await within(all, 'all to arrive', 60_000);
		t.true(isSanitized || grown < mostGrowth, `${grown} bytes more while the owner computed`);
		if (wasBusy) t.is(early, 0);
		else t.log('the machine was too slow to look in time');
		const tallies = new Map<string, number>();
		for (let at = 0; at < stream.length; at += 100_000) {
			const letter = String.fromCharCode(stream[at] as number);
			tallies.set(letter, (tallies.get(letter) ?? 0) + 1);
			if (!stream.subarray(at, at + 100_000).equals(Buffer.alloc(100_000, letter))) t.fail('messages are mixed');
		}

		t.is(tallies.get('m'), 200);
		t.is(tallies.get('0'), 2 * (count / 10));
	});

	test.serial(`an owner's thread that is terminated: sends that wait reject, and closed tells (${face})`, async t => {
		const rounds = isSoak ? 100 : 5;
		for (let round = 0; round < rounds; round++) {
			const {owner, peer, remote} = await owned(t, face);
			const flag = new Int32Array(new SharedArrayBuffer(4));
			const {closed} = remote;
			if (round % 2 === 0) {
				owner.run('block', 60_000, flag);
				await until(() => flag[0] === 1, 'the owner to be busy');
			}

			let settled = 0;
			const errors: unknown[] = [];
			const calls = Array.from({length: 600}, async () =>
				remote.send(Buffer.alloc(10_000)).then(
					() => {
						settled++;
					},
					(error: unknown) => {
						errors.push(error);
					},
				),
			);
			if (round % 2 !== 0) await until(() => settled > 5, 'some to be accepted');
			if (round % 4 === 3) owner.run('exit');
			else await owner.worker.terminate();
			await within(Promise.all(calls), 'all sends to settle');
			t.true(errors.every(error => error instanceof ClosedError));
			t.like(await within(closed, 'an end'), {reason: 'aborted'});
			t.like(await RemoteConnection.from({kind: 'cotcp.remote', id: remote.id}).closed, {reason: 'aborted'});
			t.true((await reasonOf(remote.send('x'))) instanceof ClosedError);
			remote.reset();
			peer.reset();
		}
	});
}

test.serial('a sender that is terminated in the middle: its messages come whole, or not at all', async t => {
	const size = 30_000;
	let give!: (connection: CoTcpConnection) => void;
	const given = new Promise<CoTcpConnection>(resolve => {
		give = resolve;
	});
	const server = await listen({port: 0, host: '127.0.0.1'}, async connection => {
		give(connection);
		await connection.closed;
	});
	t.teardown(() => server.close({timeout: 0}));
	const peer = await connect({host: '127.0.0.1', port: server.address.port});
	const connection = await given;
	const received: Promise<Buffer> = peer.readAll({limit: Infinity});
	for (let round = 0; round < (isSoak ? 100 : 6); round++) {
		const sender = new Thread<string>(t, 'sender', {number: round % 10});
		sender.tell({connection: connection.remote()});
		sender.run('blast', size);
		await sender.next('that it sends');
		const before = connection.stats.bytesWritten;
		await until(() => connection.stats.bytesWritten > before + 50 * size, 'some to arrive', 60_000);
		await sender.worker.terminate();
	}

	await connection.send('end');
	await connection.shutdown();
	const stream = await within(received, 'the end', 60_000);
	t.is(stream.subarray(-3).toString(), 'end');
	t.is((stream.length - 3) % size, 0);
	for (let at = 0; at < stream.length - 3; at += size) {
		if (!stream.subarray(at, at + size).equals(Buffer.alloc(size, stream[at]))) t.fail(`mixed at ${at}`);
	}
});

test.serial('a token sent on, from the owner by way of a third thread, is as good', async t => {
	const {peer, token} = await owned(t, 'coroutine');
	const sender = new Thread<object>(t, 'sender');
	sender.tell({connection: token});
	sender.run('inTurn', 3, 5);
	t.is((await peer.readExactly(15)).toString(), '000001111122222');
	for (let index = 0; index < 3; index++) t.deepEqual(await sender.next('an acceptance'), {accepted: index});
	peer.reset();
	t.like(await sender.next('the end'), {closed: {reason: 'broken'}});
	t.is(await sender.exited, 0);
});

test.serial('closed, waited for in 8 threads at once and a thousand times in this one', async t => {
	const {owner, peer, token} = await owned(t, 'coroutine');
	const watchers = Array.from({length: 8}, () => new Thread<unknown>(t, 'sender'));
	for (const watcher of watchers) {
		watcher.tell({connection: token});
		watcher.run('watch');
	}

	for (const watcher of watchers) t.is(await watcher.next('that it waits'), 'watches');
	const own = Array.from({length: 1000}, () => RemoteConnection.from(token).closed);
	t.is((await peer.readExactly(8)).toString(), 'wwwwwwww');
	peer.reset();
	for (const watcher of watchers)
		t.like(await watcher.next('the end'), {closed: {reason: 'broken', bytesWritten: 8}});
	for (const info of await within(Promise.all(own), 'the end')) t.is(info.reason, 'broken');
	t.deepEqual(new Set(await Promise.all(watchers.map(({exited}) => exited))), new Set([0]));
	owner.run('close');
	t.is(await owner.exited, 0);
});

test.serial('a send that waits keeps the process alive; a closed that nobody waits for does not', async t => {
	const busy = `
		import {Worker} from 'node:worker_threads';
		const owner = new Worker(new URL('test/remote/fixtures/owner.mjs', 'file://' + process.cwd() + '/'), {execArgv: []});
		const next = () => new Promise(resolve => owner.once('message', resolve));
		const {port} = await next();
		const told = next();
		const peer = await cotcp.connect({host: '127.0.0.1', port});
		const {token} = await told;
		const remote = cotcp.RemoteConnection.from(token);
		peer.unref();
		owner.unref();
		void remote.closed.then(() => console.log('closed'));
	`;
	const waits = `
		owner.postMessage({run: 'block', values: [500, new Int32Array(new SharedArrayBuffer(4))]});
		remote.send('x').then(() => console.log('accepted'));
	`;
	const idle = await runChild(busy);
	t.like(idle, {code: 0, stdout: '', stderr: ''});
	const waiting = await runChild(busy + waits);
	t.like(waiting, {code: 0, stdout: 'accepted\n', stderr: ''});
});

test.serial('process.exit while workers send', async t => {
	const program = `
		import {Worker} from 'node:worker_threads';
		const server = await cotcp.listen({port: 0, host: '127.0.0.1'}, async connection => {
			for (let number = 0; number < 2; number++) {
				const url = new URL('test/remote/fixtures/sender.mjs', 'file://' + process.cwd() + '/');
				const worker = new Worker(url, {execArgv: [], workerData: {number}});
				worker.postMessage({connection: connection.remote()});
				worker.postMessage({run: 'blast', values: [1000]});
			}
			await connection.closed;
		});
		const peer = await cotcp.connect({host: '127.0.0.1', port: server.address.port});
		await peer.discard(300_000);
		process.exit(5);
	`;
	for (let round = 0; round < (isSoak ? 30 : 2); round++) {
		const {code, signal, stderr} = await runChild(program);
		t.deepEqual({code, signal, stderr}, {code: 5, signal: null, stderr: ''});
	}
});
