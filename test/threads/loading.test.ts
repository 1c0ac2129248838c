import {copyFileSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {connect} from '../../src/index.js';
import {dispatches, fixture, Host, thrownBy, type Shown} from './support.js';

type Call = 'listen' | 'start';

/** It rejects with that, and leaves nothing behind: the port is free, no descriptor is left, and another try succeeds. */
const rejects = test.macro(async (t, how: string, expected: Partial<Shown>, face: Call = 'listen') => {
	const host = new Host(t);
	await host.listen({threads: {module: fixture('bad.mjs'), data: {how: 'well'}}});
	const {port} = host.address;
	await host.close();
	const before = await host.call<number>('descriptors');
	for (const dispatch of dispatches) {
		const threads = {
			count: how === 'load-exit' ? 1 : 2,
			module: fixture('bad.mjs'),
			data: {
				how,
				face,
				index: dispatch === 'reuseport' && !how.endsWith('exit') && how !== 'init-unref' ? 1 : undefined,
			},
			dispatch,
		};
		const shown = await thrownBy(host.listen({port, threads}, {}, face));
		t.like(shown, expected);
		t.true(shown.hasStack ?? shown.shown !== undefined);
		await t.throwsAsync(connect({host: '127.0.0.1', port}), {code: 'ECONNREFUSED'});
		t.true((await host.call<number>('descriptors', {most: before})) <= before);
	}

	t.deepEqual(host.errors, []);
});
test('a module that throws', rejects, 'load', {
	class: 'RangeError',
	message: 'not loaded',
	code: 'E_MINE',
	cause: {class: 'TypeError', name: 'TypeError', message: 'deep', isTcpError: false, hasStack: true},
});
test('a module that ends its thread', rejects, 'load-exit', {
	code: 'ERR_TCP_THREAD',
	message: 'Thread 0 of the server "server" has ended with exit code 3',
});
test('a threadInit that rejects', rejects, 'init', {class: 'TypeError', message: 'no start'});
test('a threadInit that rejects, of the reactor', rejects, 'init', {class: 'TypeError', message: 'no start'}, 'start');
test('a threadInit that ends its thread', rejects, 'init-exit', {code: 'ERR_TCP_THREAD'});
test('a threadInit whose thread throws meanwhile', rejects, 'init-uncaught', {
	name: 'SyntaxError',
	message: 'from elsewhere',
});
test('a threadInit that waits for nothing', rejects, 'init-unref', {code: 'ERR_TCP_THREAD'});
test('a threadInit that throws what is no error', rejects, 'init-value', {shown: 'a text'});
test('a threadInit that is no function', rejects, 'init-text', {
	class: 'TypeError',
	code: 'ERR_INVALID_ARG_TYPE',
	message: `The value of "threads.module" must be a module whose export threadInit is a function or absent. Received 'text'`,
});
test('a missing default export', rejects, 'no', {class: 'TypeError', code: 'ERR_INVALID_ARG_TYPE'});
test('a default export that is no function', rejects, 'text', {class: 'TypeError', code: 'ERR_INVALID_ARG_TYPE'});
test('a default export that is no object of handlers', rejects, 'text', {class: 'TypeError'}, 'start');
test('a default export with a handler that is no function', rejects, 'object', {class: 'TypeError'}, 'start');

test('listen that rejects starts no thread for one that has died meanwhile', async t => {
	const host = new Host(t);
	const before = await host.call<number>('descriptors');
	const threads = {count: 2, module: fixture('bad.mjs'), data: {how: 'one-dies'}};
	t.like(await thrownBy(host.listen({threads})), {class: 'TypeError', message: 'no start'});
	// Longer than the time after which another one would be started.
	await host.call('pause', {ms: 300});
	t.true((await host.call<number>('descriptors', {most: before})) <= before);
});

test('a module that is not there, or that is no JavaScript', async t => {
	const directory = mkdtempSync(path.join(tmpdir(), 'cotcp-'));
	t.teardown(() => {
		rmSync(directory, {recursive: true});
	});
	const broken = path.join(directory, 'syntax.mjs');
	copyFileSync(fixture('syntax.broken'), broken);
	const host = new Host(t);
	for (const count of [0, 2]) {
		t.like(await thrownBy(host.listen({threads: {count, module: '/nowhere/at-all.mjs'}})), {
			code: 'ERR_MODULE_NOT_FOUND',
		});
		t.like(await thrownBy(host.listen({threads: {count, module: broken}})), {class: 'SyntaxError'});
		t.like(await thrownBy(host.listen({threads: {count, module: fixture('bad.mjs'), data: {how: 'init'}}})), {
			class: 'TypeError',
		});
	}
});

test('a port in use: no thread is left', async t => {
	const host = await Host.listen(t, {threads: {count: 1}});
	const other = new Host(t);
	const before = await other.call<number>('descriptors');
	for (const dispatch of dispatches) {
		t.like(await thrownBy(other.listen({port: host.address.port, threads: {dispatch}})), {
			class: 'ResourceError',
			code: 'EADDRINUSE',
		});
	}

	t.true((await other.call<number>('descriptors', {most: before})) <= before);
});

test('listen may be given up while threads start', async t => {
	const host = new Host(t);
	const started = thrownBy(
		host.listen({port: 0, threads: {module: fixture('bad.mjs'), data: {how: 'init-forever'}}}),
	);
	await host.call('abort');
	t.like(await started, {message: 'given up'});
	const timedOut = host.listen({
		threads: {module: fixture('bad.mjs'), data: {how: 'init-forever'}},
		...{timeout: 300},
	});
	t.like(await thrownBy(timedOut), {code: 'ETIMEDOUT'});
	// Nothing keeps the process alive.
	await host.call('exitWhenDone');
	t.like(await host.child.exited, {code: 0, signal: null});
});
