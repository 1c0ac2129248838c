import {AsyncLocalStorage} from 'node:async_hooks';
import {Buffer} from 'node:buffer';
import test from 'ava';
import {connect, listen, sleep, type ConnectionHandler} from '../../src/index.js';
import {dial, dialMany, serve, turns, until} from '../support/server-peers.js';

// AsyncLocalStorage

test('handlers run in the async context of their listen call', async t => {
	const storage = new AsyncLocalStorage<string>();
	const seen: Array<string | undefined> = [];
	const handler: ConnectionHandler = async connection => {
		seen.push(storage.getStore());
		await connection.read();
		seen.push(storage.getStore());
	};
	const one = await storage.run('one', () => listen({port: 0, host: '127.0.0.1'}, handler));
	const two = await storage.run('two', () => listen({port: 0, host: 'localhost'}, handler));
	t.teardown(async () => Promise.all([one.close({timeout: 0}), two.close({timeout: 0})]));
	for (const server of [one, two, one]) {
		// The peer's context has nothing to do with it.
		const peer = await storage.run('peer', () => dial(server.address));
		peer.send('x');
		t.is(await peer.ended, 'end');
	}

	t.deepEqual(seen, ['one', 'one', 'two', 'two', 'one', 'one']);
});

test('a handler of a listen call without a context has none, whoever connects', async t => {
	const storage = new AsyncLocalStorage<string>();
	const seen: unknown[] = [];
	const server = await serve(t, () => {
		seen.push(storage.getStore());
	});
	await storage.run('client', async () => {
		const connection = await connect({port: server.address.port, host: '127.0.0.1'});
		await connection.close();
	});
	await until('it has run', () => seen.length === 1);
	t.deepEqual(seen, [undefined]);
});

test('the store is right after every await, with many connections interleaved', async t => {
	const storage = new AsyncLocalStorage<number>();
	let number = 0;
	let checks = 0;
	const server = await serve(t, async connection =>
		storage.run(number++, async () => {
			const mine = storage.getStore();
			const check = (): void => {
				checks++;
				if (storage.getStore() !== mine) throw new Error(`the store is ${storage.getStore()}, not ${mine}`);
			};
			const view = Buffer.alloc(10);
			await connection.readExactly(10);
			check();
			await connection.send('small');
			check();
			await connection.send(Buffer.alloc(1024 * 1024));
			check();
			await connection.readInto(view);
			check();
			await connection.readLine({timeout: 60_000});
			check();
			await connection.read({signal: connection.draining});
			check();
			await connection.read({timeout: 1}).catch(check);
			await sleep(1);
			check();
			await connection.flush();
			check();
			await connection.send('next');
			check();
			for await (const chunk of connection) {
				check();
				await connection.send(chunk);
				check();
				if (chunk.includes('!')) break;
			}

			await connection.shutdown();
			check();
			await connection.close();
			check();
		}),
	);
	const clients = Array.from({length: 50}, async (_, index) =>
		storage.run(10_000 + index, async () => {
			const mine = storage.getStore();
			const same = (): void => {
				t.is(storage.getStore(), mine);
			};
			const peer = await connect({port: server.address.port, host: '127.0.0.1'});
			same();
			await peer.send('0123456789');
			await peer.readExactly(5);
			same();
			await peer.send('0123456789');
			await peer.discard(1024 * 1024);
			same();
			await peer.send('line\n');
			await sleep(index % 7);
			same();
			await peer.send('read');
			await peer.readExactly(4);
			same();
			await peer.send('and the last!');
			await peer.readAll();
			same();
			await peer.close();
			same();
		}),
	);
	await Promise.all(clients);
	t.is(server.stats.handlerErrors, 0);
	t.true(checks >= 50 * 12);
});

test('the store of an accepting caller is its own', async t => {
	const storage = new AsyncLocalStorage<string>();
	const server = await storage.run('listen', () => listen({port: 0, host: '127.0.0.1'}));
	t.teardown(() => server.close({timeout: 0}));
	const takers = ['a', 'b', 'c'].map(async name =>
		storage.run(name, async () => {
			await server.accept();
			return storage.getStore();
		}),
	);
	await dialMany(3, server.address);
	t.deepEqual(await Promise.all(takers), ['a', 'b', 'c']);
});

// values on the connection

/** Counts how often it was disposed of. */
class Resource implements AsyncDisposable {
	disposed = 0;
	async [Symbol.asyncDispose](): Promise<void> {
		this.disposed++;
	}
}

const disposes = test.macro(async (t, handler: ConnectionHandler<Resource>, act: 'end' | 'reset' | 'close server') => {
	const resources: Resource[] = [];
	const server = await serve<Resource>(
		t,
		async connection => {
			const resource = new Resource();
			resources.push(resource);
			connection.setContext(resource);
			await handler(connection);
		},
		{onError: () => {}},
	);
	const peers = await dialMany(10, server.address);
	await until('all are there', () => resources.length === 10);
	for (const peer of peers) {
		if (act === 'end') peer.end();
		if (act === 'reset') peer.reset();
	}

	if (act === 'close server') await server.close({timeout: 0});
	await until('all are disposed of', () => resources.every(resource => resource.disposed > 0));
	await turns();
	t.deepEqual(
		resources.map(resource => resource.disposed),
		resources.map(() => 1),
	);
});

const readAll: ConnectionHandler<Resource> = async connection => {
	await connection.readAll();
};
test('the context is disposed of once when the handler returns', disposes, async () => {}, 'end');
test(
	'the context is disposed of once when the handler throws',
	disposes,
	async () => Promise.reject(new Error('thrown')),
	'end',
);
test('the context is disposed of once when the peer ends', disposes, readAll, 'end');
test('the context is disposed of once when the peer resets', disposes, readAll, 'reset');
test('the context is disposed of once when the server closes', disposes, readAll, 'close server');
test(
	'the context is disposed of once when the handler resets',
	disposes,
	async connection => {
		connection.reset();
	},
	'end',
);

test('the context of a handler that still runs is not disposed of, although its connection has ended', async t => {
	const resource = new Resource();
	let finish!: () => void;
	const finished = new Promise<void>(resolve => {
		finish = resolve;
	});
	const server = await serve<Resource>(t, async connection => {
		connection.setContext(resource);
		connection.reset();
		await finished;
		t.is(resource.disposed, 0);
	});
	await (
		await dial(server.address)
	).ended;
	await turns();
	t.is(resource.disposed, 0);
	finish();
	await until('it is disposed of', () => resource.disposed === 1);
});

test('what disposing a context throws goes to onError with the connection', async t => {
	const told: unknown[][] = [];
	const server = await serve<AsyncDisposable>(
		t,
		connection => {
			connection.setContext({
				async [Symbol.asyncDispose]() {
					throw new Error('cannot be disposed of');
				},
			});
			connections.push(connection);
		},
		{onError: (...parameters) => told.push(parameters)},
	);
	const connections: unknown[] = [];
	t.is(await (await dial(server.address)).ended, 'end');
	await until('it is told', () => told.length === 1);
	t.is((told[0]?.[0] as Error).message, 'cannot be disposed of');
	t.is(told[0]?.[1], connections[0]);
	t.is(server.stats.handlerErrors, 0);
});
