import type {BlockList} from 'node:net';
import test from 'ava';
import {listen, type CoTcpConnection, type ListenOptions, type ThreadOptions} from '../../src/index.js';
import {EventLoop, TcpServer} from '../../src/reactor/index.js';
import {commands} from './support.js';

type Kind = typeof TypeError | typeof RangeError;

const here = {port: 0, host: '127.0.0.1'};

/** Both faces refuse it, naming option and value, before anything happens. */
const refuses = test.macro(async (t, threads: unknown, name: string, value: string, kind: Kind = TypeError) => {
	const options = {...here, threads} as ListenOptions;
	const code = kind === TypeError ? 'ERR_INVALID_ARG_TYPE' : 'ERR_OUT_OF_RANGE';
	for (const error of [
		await t.throwsAsync(listen(options), {instanceOf: kind, code}),
		t.throws(() => new TcpServer(EventLoop.current(), options), {instanceOf: kind, code}),
	]) {
		t.true(error.message.startsWith(`The value of "${name}"`), error.message);
		t.true(error.message.endsWith(`Received ${value}`), error.message);
	}
});
const rows: ReadonlyArray<readonly [threads: unknown, name: string, value: string, kind?: Kind]> = [
	[5, 'threads', '5'],
	[null, 'threads', 'null'],
	['./a.js', 'threads', "'./a.js'"],
	[{}, 'threads.module', 'undefined'],
	[{module: 'a.js'}, 'threads.module', "'a.js'"],
	[{module: ''}, 'threads.module', "''"],
	[{module: 'file:///a.js'}, 'threads.module', "'file:///a.js'"],
	[{module: '.hidden.js'}, 'threads.module', "'.hidden.js'"],
	[{module: () => {}}, 'threads.module', '[Function: module]'],
	[{module: commands, count: -1}, 'threads.count', '-1', RangeError],
	[{module: commands, count: 1.5}, 'threads.count', '1.5', RangeError],
	[{module: commands, count: NaN}, 'threads.count', 'NaN', RangeError],
	[{module: commands, count: Infinity}, 'threads.count', 'Infinity', RangeError],
	[{module: commands, count: '2'}, 'threads.count', "'2'"],
	[{module: commands, count: 2n}, 'threads.count', '2n'],
	[{module: commands, dispatch: 'random'}, 'threads.dispatch', "'random'"],
	[{module: commands, dispatch: null}, 'threads.dispatch', 'null'],
	[{module: commands, data: () => {}}, 'threads.data', '[Function: data]'],
	[{module: commands, data: Symbol('s')}, 'threads.data', 'Symbol(s)'],
];
for (const [threads, name, value, kind] of rows)
	test(
		`${name} must not be ${value}${kind === RangeError ? ' (RangeError)' : ''}`,
		refuses,
		threads,
		name,
		value,
		kind,
	);

test('a URL that is neither file: nor data:', async t => {
	const module = new URL('https://example.org/a.js');
	await t.throwsAsync(listen({...here, threads: {module}}), {instanceOf: TypeError, message: /"threads\.module"/u});
});

test('a unix socket has one listener, so no reuseport', async t => {
	const threads: ThreadOptions = {module: commands, dispatch: 'reuseport'};
	await t.throwsAsync(listen({path: '/tmp/never', threads}), {
		instanceOf: TypeError,
		message: /"threads\.dispatch"/u,
	});
});

test('a handler and threads contradict each other', async t => {
	const handler = (connection: CoTcpConnection): void => {
		connection.reset();
	};
	const threads: ThreadOptions = {module: commands};
	await t.throwsAsync(listen({...here, threads}, handler), {
		instanceOf: TypeError,
		code: 'ERR_INVALID_ARG_TYPE',
		message: /"handler"/u,
	});
	const loop = EventLoop.current();
	t.throws(() => new TcpServer(loop, {...here, threads}, {onMessage: () => {}}), {
		instanceOf: TypeError,
		message: /"handlers\.onMessage"/u,
	});
	t.notThrows(() => new TcpServer(loop, {...here, threads}, {onError: () => {}}));
});

test('threads need a blockList that can be cloned', async t => {
	const threads: ThreadOptions = {module: commands};
	class Imitation {
		check(): boolean {
			return false;
		}
	}
	for (const blockList of [{check: () => false}, new Imitation()]) {
		await t.throwsAsync(listen({...here, threads, blockList: blockList as unknown as BlockList}), {
			instanceOf: TypeError,
			message: /"blockList"/u,
		});
	}
});

test('an aborted signal, and a time that is over', async t => {
	const threads: ThreadOptions = {module: commands};
	const reason = new Error('enough');
	t.is(await t.throwsAsync(listen({...here, threads, signal: AbortSignal.abort(reason)})), reason);
	await t.throwsAsync(listen({...here, threads: {...threads, module: ''}, signal: AbortSignal.abort(reason)}), {
		instanceOf: TypeError,
	});
});
