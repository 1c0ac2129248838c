import {AsyncLocalStorage} from 'node:async_hooks';
import net from 'node:net';
import test from 'ava';
import {connect, listen, type CoTcpConnection} from '../../src/index.js';
import {moreThanFits} from '../support/bytes.js';
import {checkDescriptors} from '../support/descriptors.js';
import {ownPair, placeFor, rawPair} from '../support/pairs.js';
import {reasonOf, turns, until} from '../support/wait.js';

checkDescriptors(test);

// context

class Resource {
	disposals = 0;

	[Symbol.dispose](): void {
		this.disposals++;
	}
}

class AsyncResource {
	disposals = 0;

	async [Symbol.asyncDispose](): Promise<void> {
		this.disposals++;
	}

	[Symbol.dispose](): never {
		throw new Error('the asynchronous one comes first');
	}
}

test('the context is any value, from undefined to undefined', async t => {
	const {connection} = await rawPair(t);
	t.is(connection.getContext(), undefined);
	for (const value of [1, null, 'text', {}, undefined]) {
		connection.setContext(value);
		t.is(connection.getContext(), value);
	}
});

const disposes = test.macro(
	async (t, make: () => Resource | AsyncResource, end: (connection: CoTcpConnection) => unknown) => {
		const {connection, peer} = await rawPair(t);
		const resource = make();
		connection.setContext(resource);
		connection.setContext(resource);
		await turns(1);
		t.is(resource.disposals, 0);
		await end(connection);
		if (connection.state === 'connected') peer.reset();
		else peer.receive();
		await Promise.race([connection.closed, peer.end().then(async () => connection.closed)]);
		await turns(2);
		t.is(resource.disposals, 1);
		t.is(connection.getContext(), resource);
		connection.setContext(resource);
		await turns(2);
		t.is(resource.disposals, 1);
	},
);
test(
	'disposed once at reset',
	disposes,
	() => new Resource(),
	connection => {
		connection.reset();
	},
);
test(
	'disposed once at close',
	disposes,
	() => new AsyncResource(),
	connection => {
		void connection.close({timeout: 20});
	},
);
test(
	"disposed once at the peer's reset",
	disposes,
	() => new AsyncResource(),
	() => {},
);
test(
	'disposed once when a send is cancelled',
	disposes,
	() => new Resource(),
	async connection => reasonOf(connection.send(Buffer.alloc(moreThanFits), {timeout: 50})),
);

test('a context is disposed when another takes its place, and not inside the call', async t => {
	const {connection} = await rawPair(t);
	const [first, second] = [new Resource(), new Resource()];
	connection.setContext(first);
	connection.setContext(second);
	t.is(first.disposals, 0);
	await turns(1);
	t.deepEqual([first.disposals, second.disposals], [1, 0]);
	connection.setContext(undefined);
	await turns(1);
	connection.reset();
	await connection.closed;
	await turns(1);
	t.deepEqual([first.disposals, second.disposals], [1, 1]);
});

test('a context that is set after the end is disposed at once', async t => {
	const {connection} = await rawPair(t);
	connection.reset();
	await connection.closed;
	const late = new Resource();
	connection.setContext(late);
	await turns(1);
	t.is(late.disposals, 1);
});

test('with a handler the context lives until the handler has settled', async t => {
	const resource = new Resource();
	let release!: () => void;
	const released = new Promise<void>(resolve => {
		release = resolve;
	});
	let handled: CoTcpConnection | undefined;
	const server = await listen({host: '127.0.0.1', port: 0}, async connection => {
		handled = connection;
		connection.setContext(resource);
		await released;
	});
	const client = await connect({host: '127.0.0.1', port: server.address.port});
	await until(() => handled !== undefined, 'the handler');
	client.reset();
	await handled?.closed;
	await turns(2);
	t.is(resource.disposals, 0);
	release();
	await turns(2);
	t.is(resource.disposals, 1);
	await server.close();
});

// names and numbers

test('ids are bigints that no two connections share, also where descriptors are used again', async t => {
	const ids = new Set<bigint>();
	for (let round = 0; round < 50; round++) {
		const {connection, peer} = await ownPair(t);
		for (const {id} of [connection, peer]) {
			t.is(typeof id, 'bigint');
			t.false(ids.has(id));
			ids.add(id);
		}

		const {id} = connection;
		connection.reset();
		await connection.closed;
		t.is(connection.id, id);
		peer.reset();
	}

	t.is(ids.size, 100);
});

test("name: what the option says, the server's address, and a number from 1", async t => {
	const server = await listen({host: '127.0.0.1', port: 0, name: 'my server'});
	const {port} = server.address;
	for (let number = 1; number <= 3; number++) {
		const client = await connect({host: '127.0.0.1', port, name: 'my client'});
		const accepted = (await server.accept()) as CoTcpConnection;
		t.is(accepted.name, `my server-127.0.0.1:${port}#${number}`);
		t.regex(client.name, new RegExp(`^my client-127\\.0\\.0\\.1:${port}#[1-9]\\d*$`, 'u'));
		client.reset();
		await client.closed;
		t.regex(client.name, /^my client-/u);
		accepted.reset();
	}

	await server.close({timeout: 0});
});

test('the names of unix sockets hold the path', async t => {
	const place = (await placeFor(t, 'unix path')) as {path: string};
	const server = await listen(place);
	const client = await connect(place);
	t.regex(client.name, new RegExp(`^client-${place.path}#\\d+$`, 'u'));
	const accepted = (await server.accept()) as CoTcpConnection;
	t.is(accepted.name, `server-${place.path}#1`);
	t.deepEqual({...client.remoteAddress}, {address: '', port: 0, family: 'unix', path: place.path});
	t.deepEqual({...accepted.localAddress}, {address: '', port: 0, family: 'unix', path: place.path});
	t.deepEqual({...accepted.remoteAddress}, {address: '', port: 0, family: 'unix', path: ''});
	t.is(client.info(), null);
	client.reset();
	accepted.reset();
	t.is(client.info(), null);
	await server.close({timeout: 0});
});

test('addresses of both sides agree, and stay valid after the end', async t => {
	for (const transport of ['IPv4', 'IPv6'] as const) {
		const {connection, peer} = await ownPair(t, {transport});
		const {localAddress, remoteAddress} = connection;
		t.deepEqual(localAddress, peer.remoteAddress);
		t.deepEqual(remoteAddress, peer.localAddress);
		t.is(localAddress.family, transport === 'IPv4' ? 'ipv4' : 'ipv6');
		t.is(localAddress.address, transport === 'IPv4' ? '127.0.0.1' : '::1');
		t.true(localAddress.port > 0);
		t.false('path' in localAddress);
		connection.reset();
		await connection.closed;
		t.deepEqual(connection.localAddress, localAddress);
		t.deepEqual(connection.remoteAddress, remoteAddress);
		await peer.close({timeout: 0});
		t.deepEqual(peer.remoteAddress, localAddress);
	}
});

test('addresses first asked for after the end', async t => {
	const {connection, peer} = await rawPair(t);
	const localPort = peer.socket.remotePort as number;
	peer.reset();
	await connection.closed;
	t.is(connection.localAddress.port, localPort);
	t.is(connection.remoteAddress.address, '127.0.0.1');
});

test('an IPv4-mapped address is shown as IPv4', async t => {
	const server = await listen({port: 0});
	const socket = net.connect({host: '127.0.0.1', port: server.address.port}).on('error', () => {});
	const connection = (await server.accept()) as CoTcpConnection;
	t.is(connection.remoteAddress.family, 'ipv4');
	t.is(connection.remoteAddress.address, '127.0.0.1');
	t.is(connection.localAddress.address, '127.0.0.1');
	t.is(connection.localAddress.family, 'ipv4');
	const client = await connect({host: '::ffff:127.0.0.1', port: server.address.port});
	t.is(client.remoteAddress.family, 'ipv4');
	t.is(client.remoteAddress.address, '127.0.0.1');
	client.reset();
	connection.reset();
	await until(() => socket.closed, 'the end of the socket');
	await server.close({timeout: 0});
});

test('stats and info count bytes, and stay valid after the end', async t => {
	const {connection, peer} = await rawPair(t);
	await connection.send('12345');
	await peer.send('abc');
	await connection.readExactly(2);
	t.deepEqual({...connection.stats}, {bytesRead: 2, bytesWritten: 5, pendingBytes: 0});
	await peer.readExactly(5);
	const info = connection.info();
	t.is(info?.state, 1);
	t.is(info?.bytesReceived, 3);
	const fields = [
		'rtt',
		'rttVariation',
		'minRtt',
		'congestionWindow',
		'sendMss',
		'receiveMss',
		'unacked',
		'lost',
		'retransmits',
		'bytesAcked',
		'notSentBytes',
		'deliveryRate',
	] as const;
	for (const field of fields) t.true(Number.isFinite(info?.[field]) && (info?.[field] as number) >= 0, field);
	t.true((info?.rtt as number) > 0 && (info?.rtt as number) < 1000);
	connection.reset();
	const closed = await connection.closed;
	t.deepEqual({...connection.stats}, {bytesRead: 2, bytesWritten: 5, pendingBytes: 0});
	t.is(closed.bytesRead, 2);
	t.is(closed.bytesWritten, 5);
	t.is(connection.info()?.bytesReceived, 3);
});

test('pendingBytes is 0 after the end', async t => {
	const {connection} = await rawPair(t);
	const sending = reasonOf(connection.send(Buffer.alloc(moreThanFits)));
	t.true(connection.stats.pendingBytes > 0);
	connection.reset();
	await sending;
	t.is(connection.stats.pendingBytes, 0);
});

test('draining of a connection made by connect never aborts', async t => {
	const {connection} = await rawPair(t);
	const {draining} = connection;
	t.true(draining instanceof AbortSignal);
	connection.reset();
	await connection.closed;
	t.false(draining.aborted);
});

test('ref and unref return the connection, in any state and number', async t => {
	const {connection} = await rawPair(t);
	t.is(connection.ref().ref().unref().unref().ref(), connection);
	connection.reset();
	t.is(connection.ref().unref(), connection);
});

// async context

test('AsyncLocalStorage has the right store after every await, over 200 connections at once', async t => {
	const storage = new AsyncLocalStorage<string>();
	const server = await storage.run('of listen', async () =>
		listen({host: '127.0.0.1', port: 0}, async connection => {
			t.is(storage.getStore(), 'of listen');
			await storage.run(`handler ${connection.id}`, async () => {
				for await (const chunk of connection) {
					t.is(storage.getStore(), `handler ${connection.id}`);
					await connection.send(chunk);
					t.is(storage.getStore(), `handler ${connection.id}`);
				}
			});
			t.is(storage.getStore(), 'of listen');
		}),
	);
	const {port} = server.address;
	const client = async (index: number): Promise<void> =>
		storage.run(`client ${index}`, async () => {
			const right = (): void => {
				if (storage.getStore() !== `client ${index}`) t.fail(`client ${index} sees ${storage.getStore()}`);
			};
			const connection = await connect({host: '127.0.0.1', port});
			right();
			for (let round = 0; round < 5; round++) {
				const message = Buffer.alloc(round === 3 ? 50_000 : 10, index);
				await Promise.all([
					connection.send(message).then(right),
					connection.readExactly(message.length).then(right),
				]);
				right();
				await connection.read({timeout: 1}).catch(right);
				right();
			}

			await connection.shutdown();
			right();
			t.is(await connection.read(), null);
			right();
			await connection.close();
			right();
		});
	await Promise.all(Array.from({length: 200}, async (_, index) => client(index)));
	await server.close();
	t.is(storage.getStore(), undefined);
});
