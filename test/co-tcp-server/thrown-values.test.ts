/** What is thrown may be anything: also what has no text, what cannot be asked for its class, and promises that cannot be followed. */
import test, {type ExecutionContext} from 'ava';
import type {ConnectionHandler, CoTcpConnection} from '../../src/index.js';
import {dial, serve, Signpost, turns, until} from '../support/server-peers.js';

/** Every question about it throws, its class included. */
function revoked(): object {
	const {proxy, revoke} = Proxy.revocable({}, {});
	revoke();
	return proxy;
}

function withStack(descriptor: PropertyDescriptor): Error {
	return Object.defineProperty(new Error('with a strange stack'), 'stack', descriptor);
}

const withoutText: ReadonlyArray<readonly [what: string, value: unknown]> = [
	['an object without a prototype', Object.create(null)],
	[
		'an object whose toString throws',
		{
			toString() {
				throw new Error('no text');
			},
		},
	],
	['an error whose stack is a symbol', withStack({value: Symbol('stack')})],
	[
		'an error whose stack cannot be read',
		withStack({
			get() {
				throw new Error('no stack');
			},
		}),
	],
	['a revoked proxy', revoked()],
];

/** Warnings of the library from now on: what is thrown here has no text of its own by which to tell them apart. */
function warnings(t: ExecutionContext): Error[] {
	const found: Error[] = [];
	const note = (warning: Error): void => {
		if (warning.name === 'CotcpWarning') found.push(warning);
	};
	process.on('warning', note);
	t.teardown(() => process.off('warning', note));
	return found;
}

const throwing =
	(value: unknown): (() => never) =>
	() => {
		throw value;
	};

const rejecting = (value: unknown) => async (): Promise<never> => {
	throw value;
};

for (const [what, value] of withoutText) {
	const ways: ReadonlyArray<readonly [how: string, handler: () => void]> = [
		['throws', throwing(value)],
		['rejects with', rejecting(value)],
	];
	for (const [how, handler] of ways) {
		test.serial(`a handler that ${how} ${what} resets its connection and becomes a warning`, async t => {
			const found = warnings(t);
			const made = new Signpost<CoTcpConnection>();
			const server = await serve(t, connection => {
				made.reach(connection);
				return (handler as ConnectionHandler)(connection);
			});
			t.is(await (await dial(server.address)).ended, 'ECONNRESET');
			const info = await (await made.reached).closed;
			t.is(info.reason, 'error');
			t.true(info.error === value);
			await until('it is warned', () => found.length > 0);
			await turns();
			t.is(found.length, 1);
			t.like(server.stats, {handlerErrors: 1, open: 0});
			t.deepEqual(await server.close(), {drained: 0, aborted: 0});
		});

		test.serial(`an onError that ${how} ${what} becomes a warning`, async t => {
			const found = warnings(t);
			const server = await serve(t, throwing(new Error('from the handler')), {onError: handler});
			t.is(await (await dial(server.address)).ended, 'ECONNRESET');
			await until('it is warned', () => found.length > 0);
			await turns();
			t.is(found.length, 1);
		});
	}
}

const anError = new Error('from a promise that cannot be followed');

const isFollowed = test.macro(async (t, handler: () => unknown) => {
	const told: unknown[] = [];
	const server = await serve(t, handler as ConnectionHandler, {onError: error => told.push(error)});
	t.is(await (await dial(server.address)).ended, 'ECONNRESET');
	await until('it is told', () => told.length > 0);
	t.deepEqual(told, [anError]);
	t.is(server.stats.ended.error, 1);
	t.deepEqual(await server.close(), {drained: 0, aborted: 0});
});

test('a promise whose constructor cannot be read is a handler that threw', isFollowed, () =>
	Object.defineProperty(Promise.resolve(), 'constructor', {get: throwing(anError)}),
);
test('a promise whose own `then` throws counts as what it is, as for await', async t => {
	const server = await serve(t, () => Object.assign(Promise.resolve(), {then: throwing(anError)}));
	t.is(await (await dial(server.address)).ended, 'end');
	t.is(server.stats.handlerErrors, 0);
	t.is((await server.close()).aborted, 0);
});

test('a promise whose own `then` calls back and throws settles its handler once', async t => {
	const server = await serve(t, () =>
		Object.assign(Promise.resolve(), {
			then(callBack: () => void) {
				callBack();
				throw anError;
			},
		}),
	);
	t.is(await (await dial(server.address)).ended, 'end');
	t.is(server.stats.handlerErrors, 0);
	t.is((await server.close()).aborted, 0);
});
