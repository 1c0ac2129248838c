import {Buffer} from 'node:buffer';
import test from 'ava';
import {
	BrokenError,
	BusyError,
	ClosedError,
	connect,
	UnexpectedEndError,
	type CloseInfo,
	type ConnectionHandler,
	type CoTcpConnection,
} from '../../src/index.js';
import {dial, dialing, dialMany, serve, Signpost, turns, until, type Peer} from '../support/server-peers.js';

const never = new Promise<never>(() => {});

// returning

const returns = test.macro(async (t, handler: unknown) => {
	const infos: CloseInfo[] = [];
	const errors: unknown[] = [];
	const server = await serve(
		t,
		connection => {
			void connection.closed.then(info => infos.push(info));
			return (handler as ConnectionHandler)(connection);
		},
		{onError: error => errors.push(error)},
	);
	const peer = await dial(server.address);
	t.is(await peer.ended, 'end');
	await until('the connection has ended', () => infos.length === 1);
	t.is(infos[0]?.reason, 'closed');
	t.false('error' in (infos[0] as object));
	t.is(server.stats.ended.closed, 1);
	t.is(server.connections.size, 0);
	t.deepEqual(errors, []);
	t.deepEqual(await server.close(), {drained: 0, aborted: 0});
});

test('a handler that returns closes the connection', returns, async () => {});
test('a plain function as a handler closes the connection', returns, () => {});
test('what a handler returns does not matter', returns, () => 42);
test('what an async handler resolves to does not matter', returns, async () => ({then: 1}));
test('a handler may return a thenable that is no promise', returns, () => ({
	then(resolve: () => void) {
		setImmediate(resolve);
	},
}));
test('a handler may return with a read under way', returns, (connection: CoTcpConnection) => {
	void connection.read();
});
test('a handler may return with an iteration under way', returns, (connection: CoTcpConnection) => {
	void (async () => {
		for await (const chunk of connection) await connection.send(chunk);
	})().catch(() => {});
});
test('a handler may close by itself and return', returns, async (connection: CoTcpConnection) => {
	await connection.close();
});
test('a handler may close without waiting and return', returns, (connection: CoTcpConnection) => {
	void connection.close();
});

test('a handler that returns at once has everything sent that it did not wait for', async t => {
	const bytes = 20 * 1024 * 1024;
	const server = await serve(t, connection => {
		void connection.send(Buffer.alloc(bytes, 'a'));
		void connection.send('the end');
	});
	const peer = await dial(server.address);
	t.is(await peer.ended, 'end');
	t.is(peer.length, bytes + 7);
	t.true(peer.bytes.subarray(bytes).equals(Buffer.from('the end')));
});

test('a handler that resets and returns leaves it at that', async t => {
	const server = await serve(t, connection => {
		connection.reset();
	});
	const peer = await dial(server.address);
	t.is(await peer.ended, 'ECONNRESET');
	await until('the connection has ended', () => server.connections.size === 0);
	t.is(server.stats.ended.reset, 1);
	t.is(server.stats.handlerErrors, 0);
});

// throwing

const anError = new Error('from the handler');

const throws = test.macro(async (t, handler: unknown, thrown: unknown) => {
	const told: Array<[unknown, unknown]> = [];
	const made = new Signpost<CoTcpConnection>();
	const server = await serve(
		t,
		connection => {
			made.reach(connection);
			return (handler as ConnectionHandler)(connection);
		},
		{onError: (...parameters) => told.push(parameters)},
	);
	const peer = await dial(server.address);
	t.is(await peer.ended, 'ECONNRESET');
	const connection = await made.reached;
	const info = await connection.closed;
	t.is(info.reason, 'error');
	t.is(info.error, thrown);
	await turns();
	t.deepEqual(told, [[thrown, connection]]);
	t.like(server.stats, {handlerErrors: 1, accepted: 1, open: 0});
	t.is(server.stats.ended.error, 1);
	const error = await t.throwsAsync(connection.send('x'), {instanceOf: ClosedError});
	t.is(error.code, 'ERR_TCP_CLOSED');
	const next = await dial(server.address); // it lives
	t.is(await next.ended, 'ECONNRESET');
});

test(
	'a handler that rejects resets the connection and is reported once',
	throws,
	async () => Promise.reject(anError),
	anError,
);
test(
	'a handler that throws synchronously resets the connection and is reported once',
	throws,
	() => {
		throw anError;
	},
	anError,
);
test(
	'a handler that throws after a wait resets the connection and is reported once',
	throws,
	async () => {
		await turns(2);
		throw anError;
	},
	anError,
);
test(
	'a handler that throws with a send and a read under way resets the connection and is reported once',
	throws,
	async (connection: CoTcpConnection) => {
		void connection.send(Buffer.alloc(50 * 1024 * 1024));
		void connection.read();
		throw anError;
	},
	anError,
);
/* eslint-disable @typescript-eslint/prefer-promise-reject-errors -- users can */
test('a handler may throw a string', throws, async () => Promise.reject('text'), 'text');
test('a handler may throw null', throws, async () => Promise.reject(null), null);
/* eslint-enable @typescript-eslint/prefer-promise-reject-errors */
test(
	'a thenable that throws is a handler that threw',
	throws,
	() => ({
		then() {
			throw anError;
		},
	}),
	anError,
);
const readTwice: ConnectionHandler = async connection => {
	void connection.read();
	await connection.read();
};

test(
	'an object whose then cannot be looked at is a handler that threw',
	throws,
	() => ({
		get then() {
			throw anError;
		},
	}),
	anError,
);

test('a BusyError of its own connection is a mistake of the handler, and is reported', async t => {
	const told: unknown[] = [];
	const server = await serve(t, readTwice, {onError: error => told.push(error)});
	t.is(await (await dial(server.address)).ended, 'ECONNRESET');
	await until('it is told', () => told.length === 1);
	t.true(told[0] instanceof BusyError);
});

// outcomes of its own connection

interface Outcome {
	readonly handler: ConnectionHandler;
	/** What the peer does once connected. */
	readonly act?: (peer: Peer) => void;
	readonly reason: CloseInfo['reason'];
}

const isOutcome = test.macro(async (t, {handler, act, reason}: Outcome) => {
	const told: unknown[] = [];
	const settled = new Signpost<unknown>();
	const server = await serve(
		t,
		async connection => {
			try {
				await handler(connection);
				settled.reach('it did not throw');
			} catch (error) {
				settled.reach(error);
				throw error;
			}
		},
		{onError: error => told.push(error)},
	);
	const peer = await dial(server.address);
	act?.(peer);
	t.true((await settled.reached) instanceof Error);
	await until('the connection has ended', () => server.connections.size === 0);
	await turns();
	t.deepEqual(told, []);
	t.is(server.stats.handlerErrors, 0);
	t.is(server.stats.ended[reason], 1);
	peer.destroy();
});
const resets = (peer: Peer): void => {
	peer.reset();
};
const echo: ConnectionHandler = async connection => {
	for await (const chunk of connection) await connection.send(chunk);
};

test('a reset by the peer while reading is no fault of the handler', isOutcome, {
	handler: echo,
	act: resets,
	reason: 'broken',
});
test('a reset by the peer while sending is no fault of the handler', isOutcome, {
	handler: async connection => connection.send(Buffer.alloc(50 * 1024 * 1024)),
	act: resets,
	reason: 'broken',
});
test('what is called after the reset by the peer fails in its own way, and is no fault of the handler', isOutcome, {
	handler: async connection => {
		await connection.read().catch(() => {});
		await connection.send('late');
	},
	act: resets,
	reason: 'broken',
});
test('the reason of the signal of its own connection is no fault of the handler', isOutcome, {
	handler: async connection => {
		await connection.read().catch(() => {});
		connection.signal.throwIfAborted();
		await new Promise((_resolve, reject) => {
			connection.signal.addEventListener('abort', () => reject(connection.signal.reason as Error));
		});
	},
	act: resets,
	reason: 'broken',
});
test('the end in the middle of a message is no fault of the handler', isOutcome, {
	handler: async connection => {
		await connection.readExactly(8);
	},
	act: peer => {
		peer.send('half');
		peer.end();
	},
	reason: 'error',
});
test('a timeout of its own call is no fault of the handler', isOutcome, {
	handler: async connection => {
		await connection.read({timeout: 5});
	},
	reason: 'error',
});
test('a message that is too long is no fault of the handler', isOutcome, {
	handler: async connection => {
		await connection.readLine({limit: 4});
	},
	act: peer => {
		peer.send('longer than that');
	},
	reason: 'error',
});
test('what is called after its own reset is no fault of the handler', isOutcome, {
	handler: async connection => {
		connection.reset();
		await connection.read();
	},
	reason: 'reset',
});
test('a send after its own shutdown is no fault of the handler', isOutcome, {
	handler: async connection => {
		await connection.shutdown();
		await connection.send('late');
	},
	reason: 'error',
});

// what looks like one, and is of another

const isReported = test.macro(async (t, handler: ConnectionHandler, kind: new (...parameters: never[]) => Error) => {
	const told: unknown[] = [];
	const server = await serve(t, handler, {onError: error => told.push(error)});
	const peer = await dial(server.address);
	t.is(await peer.ended, 'ECONNRESET');
	await until('it is told', () => told.length > 0);
	await turns();
	t.is(told.length, 1);
	t.true(told[0] instanceof kind);
	t.is(server.stats.handlerErrors, 1);
});

test(
	'a refusal by another server is reported',
	isReported,
	async () => {
		await connect({port: 1, host: '127.0.0.1'});
	},
	BrokenError,
);
test(
	'a BrokenError that a handler makes by itself is reported',
	isReported,
	async () => {
		throw new BrokenError('ECONNRESET', 'made up');
	},
	BrokenError,
);
test(
	'an error that has an outcome of its own connection as its cause is reported',
	isReported,
	async connection => {
		const cause: unknown = await connection.read({timeout: 1}).catch((error: unknown) => error);
		throw new Error('wrapped', {cause});
	},
	Error,
);
test(
	'a timeout of a signal is reported, as it is the reason unchanged',
	isReported,
	async connection => {
		await connection.read({signal: AbortSignal.timeout(1)});
	},
	DOMException,
);

test('an outcome of another connection is reported', async t => {
	const told: Array<[unknown, unknown]> = [];
	const other = await serve(t, connection => {
		connection.reset();
	});
	const made = new Signpost<CoTcpConnection>();
	const server = await serve(
		t,
		async connection => {
			made.reach(connection);
			const upstream = await connect({port: other.address.port, host: '127.0.0.1'});
			await upstream.readExactly(1);
		},
		{onError: (...parameters) => told.push(parameters)},
	);
	const peer = await dial(server.address);
	t.is(await peer.ended, 'ECONNRESET');
	await until('it is told', () => told.length === 1);
	t.true(told[0]?.[0] instanceof BrokenError);
	t.is(told[0]?.[1], await made.reached);
});

test('an outcome of another connection of the same server is reported', async t => {
	const told: unknown[] = [];
	const connections: CoTcpConnection[] = [];
	const server = await serve(
		t,
		async connection => {
			connections.push(connection);
			if (connections.length === 1) await never;
			else await connections[0]?.readExactly(8);
		},
		{onError: error => told.push(error)},
	);
	const first = await dial(server.address);
	await until('the first is there', () => connections.length === 1);
	const second = await dial(server.address);
	await until('the second is there', () => connections.length === 2);
	first.send('half');
	first.end();
	t.is(await second.ended, 'ECONNRESET');
	await until('it is told', () => told.length === 1);
	t.true(told[0] instanceof UnexpectedEndError);
});

// onError

/** Warnings of this process that say `text`. Only for serial tests. */
function warnings(text: string): Error[] {
	const found: Error[] = [];
	process.on('warning', warning => {
		if (warning.message.includes(text)) found.push(warning);
	});
	return found;
}

test.serial('without onError a failing handler becomes a warning of the process', async t => {
	const found = warnings('told as a warning');
	const server = await serve(t, () => {
		throw new Error('told as a warning');
	});
	t.is(await (await dial(server.address)).ended, 'ECONNRESET');
	await until('it is warned', () => found.length > 0);
	await turns();
	t.is(found.length, 1);
	t.is(server.stats.handlerErrors, 1);
});

const failsToTell = test.macro(async (t, text: string, onError: () => void) => {
	const found = warnings(text);
	const server = await serve(
		t,
		() => {
			throw new Error('from the handler');
		},
		{onError},
	);
	const peers = await dialMany(3, server.address);
	for (const peer of peers) t.is(await peer.ended, 'ECONNRESET');
	await until('it is warned', () => found.length === 3);
});

test.serial('what onError throws becomes a warning, and the server lives', failsToTell, 'thrown by onError', () => {
	throw new Error('thrown by onError');
});
test.serial('what an async onError rejects with becomes a warning', failsToTell, 'rejected by onError', async () => {
	throw new Error('rejected by onError');
});

test('onError does not run inside a call of the library', async t => {
	const order: string[] = [];
	const told = new Signpost();
	const server = await serve<{[Symbol.dispose](): void}>(
		t,
		async connection => {
			connection.setContext({
				[Symbol.dispose]() {
					order.push('dispose');
					throw new Error('from a disposer');
				},
			});
			connection.setContext(undefined);
			order.push('set');
		},
		{
			onError: () => {
				order.push('onError');
				told.reach();
			},
		},
	);
	await dial(server.address);
	await told.reached;
	t.deepEqual(order, ['set', 'dispose', 'onError']);
});

// many at once

test('one handler in a batch of 100 that throws does no harm to the other 99', async t => {
	const told: unknown[] = [];
	let calls = 0;
	const server = await serve(
		t,
		connection => {
			if (++calls === 50) throw new Error('the fiftieth');
			return echo(connection);
		},
		{onError: error => told.push(error)},
	);
	// All of them are connected in the kernel before the server gets to run.
	const peers = Array.from({length: 100}, () => dialing(server.address));
	for (const [index, peer] of peers.entries()) peer.send(`peer ${index}`);
	const ends = await Promise.all(
		peers.map(async (peer, index) => {
			const expected = `peer ${index}`;
			try {
				const answer = (await peer.received(expected.length)).toString();
				peer.end();
				const end = await peer.ended;
				return answer === expected ? end : answer;
			} catch {
				return peer.ended;
			}
		}),
	);
	t.is(ends.filter(end => end === 'end').length, 99);
	t.is(ends.filter(end => end === 'ECONNRESET' || end === 'EPIPE').length, 1);
	t.is(told.length, 1);
	t.is(calls, 100);
});

test('a callback that throws in a batch of 100 messages does no harm to the other 99', async t => {
	const told: unknown[] = [];
	const server = await serve(
		t,
		async connection => {
			for await (const chunk of connection) {
				if (chunk.toString() === 'peer 50') throw new Error('the fiftieth');
				await connection.send(chunk);
			}
		},
		{onError: error => told.push(error)},
	);
	const peers = await dialMany(100, server.address);
	await until('all are accepted', () => server.stats.open === 100);
	for (const [index, peer] of peers.entries()) peer.send(`peer ${index}`);
	for (const [index, peer] of peers.entries()) {
		if (index === 50) t.is(await peer.ended, 'ECONNRESET');
		else t.is((await peer.received(`peer ${index}`.length)).toString(), `peer ${index}`);
		peer.destroy();
	}

	t.is(told.length, 1);
});

test('a handler that never settles keeps its connection, until the server closes', async t => {
	const server = await serve(t, () => never);
	const peer = await dial(server.address);
	await until('it is there', () => server.connections.size === 1);
	await turns();
	t.is(server.connections.size, 1);
	t.deepEqual(await server.close({timeout: 10}), {drained: 0, aborted: 1});
	t.is(await peer.ended, 'ECONNRESET');
	t.is(server.stats.ended.aborted, 1);
});

test('a handler that never awaits does not keep the server from closing', async t => {
	const server = await serve(t, connection => {
		void connection.read();
	});
	const peer = await dial(server.address);
	t.is(await peer.ended, 'end');
	t.is((await server.close()).aborted, 0);
});
