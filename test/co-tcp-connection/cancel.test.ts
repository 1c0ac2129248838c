import {Buffer} from 'node:buffer';
import {getEventListeners} from 'node:events';
import {performance} from 'node:perf_hooks';
import test from 'ava';
import {BusyError, ClosedError, TimeoutError, type CoTcpConnection, type OperationOptions} from '../../src/index.js';
import {moreThanFits} from '../support/bytes.js';
import {checkDescriptors} from '../support/descriptors.js';
import {rawPair} from '../support/pairs.js';
import {nextTurn, reasonOf, turns, within} from '../support/wait.js';
import {witnessed} from '../support/witness.js';

checkDescriptors(test);

type Start = (connection: CoTcpConnection, options: OperationOptions) => Promise<unknown>;

const reads: Readonly<Record<string, Start>> = {
	read: async (connection, options) => connection.read(options),
	readInto: async (connection, options) => connection.readInto(new Uint8Array(8), options),
	readExactly: async (connection, options) => connection.readExactly(8, options),
	readUntil: async (connection, options) => connection.readUntil(';', options),
	readLine: async (connection, options) => connection.readLine(options),
	readAll: async (connection, options) => connection.readAll(options),
	peek: async (connection, options) => connection.peek(8, options),
	discard: async (connection, options) => connection.discard(8, options),
};

/** Each waits while the kernel is full. */
const writes: Readonly<Record<string, Start>> = {
	send: async (connection, options) => connection.send('message', options),
	'send of an array': async (connection, options) => connection.send(['mess', 'age'], options),
	sendSome: async (connection, options) => connection.sendSome(Buffer.from('message'), options),
	flush: async (connection, options) => connection.flush(options),
	shutdown: async (connection, options) => connection.shutdown(options),
};

const calls = {...reads, ...writes};

for (const [name, start] of Object.entries(calls)) {
	test.serial(
		`${name}: a signal that has aborted rejects with its reason, unchanged, before anything happens`,
		async t => {
			const {connection, peer} = await rawPair(t);
			await peer.send('abc');
			for (const reason of [new Error('mine'), 'text', null, 0, Symbol('reason')]) {
				t.is(await reasonOf(start(connection, {signal: AbortSignal.abort(reason)})), reason);
			}

			t.is(connection.state, 'connected');
			t.is((await connection.readExactly(3)).toString(), 'abc');
			await connection.send('x');
			t.is((await peer.readExactly(1)).toString(), 'x');
			t.is(connection.stats.bytesWritten, 1);
		},
	);

	test.serial(`${name}: wrong arguments go before a signal that has aborted, and that before the end`, async t => {
		const {connection} = await rawPair(t);
		const signal = AbortSignal.abort('reason');
		const wrong = (await reasonOf(start(connection, {signal, timeout: -1}))) as RangeError & {code: string};
		t.true(wrong instanceof RangeError);
		t.is(wrong.code, 'ERR_OUT_OF_RANGE');
		connection.reset();
		t.is(await reasonOf(start(connection, {signal})), 'reason');
		t.true((await reasonOf(start(connection, {}))) instanceof ClosedError);
		await connection.closed;
		t.is(await reasonOf(start(connection, {signal})), 'reason');
	});
}

for (const [name, start] of Object.entries(reads)) {
	test.serial(`${name}: a signal that has aborted goes before BusyError`, async t => {
		const {connection, peer} = await rawPair(t);
		const reading = connection.read();
		t.is(await reasonOf(start(connection, {signal: AbortSignal.abort('reason')})), 'reason');
		t.true((await reasonOf(start(connection, {}))) instanceof BusyError);
		t.true((await reasonOf(start(connection, {timeout: 0}))) instanceof BusyError);
		await peer.send('x');
		t.is((await reading)?.toString(), 'x');
	});

	test.serial(`${name}: abort while it waits`, async t => {
		const {connection, peer} = await rawPair(t);
		const controller = new AbortController();
		const reason = {};
		const reading = start(connection, {signal: controller.signal});
		t.is(getEventListeners(controller.signal, 'abort').length, 1);
		controller.abort(reason);
		t.is(await reasonOf(reading), reason);
		t.is(getEventListeners(controller.signal, 'abort').length, 0);
		await peer.send('12345678;\n');
		t.is((await connection.readExactly(10)).toString(), '12345678;\n');
	});

	test.serial(`${name}: its timeout is never early and costs nothing else`, async t => {
		const {connection, peer} = await rawPair(t);
		const begun = performance.now();
		const error = (await reasonOf(start(connection, {timeout: 15.5}))) as TimeoutError;
		t.true(performance.now() - begun >= 15.5);
		t.true(error instanceof TimeoutError);
		t.is(error.code, 'ETIMEDOUT');
		t.is(error.bytesSent, 0);
		t.regex(error.message, /15\.5 ms/u);
		await peer.send('12345678;\n');
		t.is((await connection.readExactly(10)).toString(), '12345678;\n');
	});

	test.serial(`${name}: timeout 0 means only if nothing has to be waited for`, async t => {
		const {connection, peer} = await rawPair(t);
		t.true((await reasonOf(start(connection, {timeout: 0}))) instanceof TimeoutError);
		await peer.send('12345678;\n');
		await connection.peek(10);
		if (name === 'readAll') t.true((await reasonOf(start(connection, {timeout: 0}))) instanceof TimeoutError);
		else await start(connection, {timeout: 0});
		await connection.readAll({timeout: 0}).catch(() => {});
		await peer.end();
		await turns(3);
		await connection.readAll();
		t.is(await connection.read({timeout: 0}), null);
	});

	test.serial(`${name}: abort after it has settled changes nothing`, async t => {
		const {connection, peer} = await rawPair(t);
		const controller = new AbortController();
		const reading = start(connection, {signal: controller.signal, timeout: 5000});
		await peer.send('12345678;\n');
		if (name === 'readAll') await peer.end();
		await reading;
		t.is(getEventListeners(controller.signal, 'abort').length, 0);
		const rest = connection.readAll();
		controller.abort();
		await nextTurn();
		if (name !== 'readAll') await peer.end();
		t.true((await rest).length <= 10);
	});
}

test.serial('one signal for 1,000 calls: no warning, one listener, and none afterwards', async t => {
	const warnings: Error[] = [];
	const onWarning = (warning: Error): void => {
		warnings.push(warning);
	};
	process.on('warning', onWarning);
	const controller = new AbortController();
	const {signal} = controller;
	const pairs = await Promise.all(Array.from({length: 50}, async () => rawPair(t)));
	for (let round = 0; round < 10; round++) {
		const reading = pairs.map(async ({connection}) => connection.readExactly(1, {signal}));
		t.is(getEventListeners(signal, 'abort').length, 1);
		await Promise.all(pairs.map(async ({peer}) => peer.send('x')));
		await Promise.all(reading);
		t.is(getEventListeners(signal, 'abort').length, 0);
	}

	const sent = pairs.flatMap(({connection}) => Array.from({length: 10}, async () => connection.send('y', {signal})));
	await Promise.all(sent);
	t.is(getEventListeners(signal, 'abort').length, 0);
	const reading = pairs.map(async ({connection}) => reasonOf(connection.read({signal})));
	controller.abort('all');
	t.true((await Promise.all(reading)).every(reason => reason === 'all'));
	t.is(getEventListeners(signal, 'abort').length, 0);
	await turns(2);
	process.off('warning', onWarning);
	t.deepEqual(warnings, []);
});

test.serial('AbortSignal.timeout and AbortSignal.any work', async t => {
	const {connection} = await rawPair(t);
	const error = (await reasonOf(connection.read({signal: AbortSignal.timeout(5)}))) as DOMException;
	t.is(error.name, 'TimeoutError');
	const controller = new AbortController();
	const reading = connection.read({signal: AbortSignal.any([controller.signal, new AbortController().signal])});
	controller.abort('any');
	t.is(await reasonOf(reading), 'any');
});

for (const [name, start] of Object.entries(writes)) {
	test.serial(
		`${name}: given up before its first byte, nothing of it is sent and the others keep their order`,
		async t => {
			const {connection, peer} = await rawPair(t);
			const big = Buffer.alloc(moreThanFits, 'b');
			const first = connection.send(big);
			const controller = new AbortController();
			const aborted = reasonOf(start(connection, {signal: controller.signal}));
			const late = reasonOf(start(connection, {timeout: 10}));
			const last = connection.send('last');
			// A shutdown that waits refuses what comes later; one that has been given up is as if it had never been.
			const lastOutcome = name === 'shutdown' ? reasonOf(last) : last;
			controller.abort('enough');
			t.is(await aborted, 'enough');
			const timedOut = (await late) as TimeoutError;
			t.true(timedOut instanceof TimeoutError);
			t.is(timedOut.bytesSent, 0);
			t.is(connection.state, 'connected');
			const after = connection.send('after');
			t.is((await peer.readExactly(big.length)).equals(big), true);
			await first;
			await after;
			if (name === 'shutdown') t.true((await lastOutcome) instanceof ClosedError);
			t.is(
				(await peer.readExactly(name === 'shutdown' ? 5 : 9)).toString(),
				name === 'shutdown' ? 'after' : 'lastafter',
			);
			t.is(connection.stats.pendingBytes, 0);
		},
	);

	test.serial(`${name}: timeout 0 while others wait`, async t => {
		const {connection, peer} = await rawPair(t);
		const first = connection.send(Buffer.alloc(moreThanFits));
		const error = (await reasonOf(start(connection, {timeout: 0}))) as TimeoutError;
		t.true(error instanceof TimeoutError);
		t.is(error.bytesSent, 0);
		await peer.readExactly(moreThanFits);
		await first;
		await start(connection, {timeout: 0});
		t.pass();
	});
}

test.serial('a send that is aborted after its first byte resets the connection', async t => {
	const {connection, peer} = await rawPair(t);
	const controller = new AbortController();
	const reason = new Error('why');
	const reading = reasonOf(connection.read());
	const sending = reasonOf(connection.send(Buffer.alloc(moreThanFits), {signal: controller.signal}));
	const behind = reasonOf(connection.send('behind'));
	await peer.readExactly(1);
	const {bytesWritten} = connection.stats;
	t.true(bytesWritten > 0);
	controller.abort(reason);
	t.is(connection.state, 'disconnected');
	t.is(await sending, reason);
	const info = await within(connection.closed, 'the end');
	t.is(info.reason, 'cancelled');
	const error = info.error as ClosedError;
	t.true(error instanceof ClosedError);
	t.is(error.cause, reason);
	t.is(error.bytesSent, info.bytesWritten);
	t.true(error.bytesSent >= bytesWritten && error.bytesSent < moreThanFits);
	t.true((await behind) instanceof ClosedError);
	t.true((await reading) instanceof ClosedError);
});

test.serial('a send that times out after its first byte resets the connection and tells how far it came', async t => {
	const {connection, testify} = await witnessed(t);
	const error = (await reasonOf(
		connection.send([Buffer.alloc(moreThanFits), 'tail'], {timeout: 20}),
	)) as TimeoutError;
	t.true(error instanceof TimeoutError);
	t.true(error.bytesSent > 0 && error.bytesSent < moreThanFits);
	const info = await within(connection.closed, 'the end');
	t.is(info.reason, 'cancelled');
	t.is(info.error, error);
	t.is(info.bytesWritten, error.bytesSent);
	const later = (await reasonOf(connection.send('x'))) as TimeoutError;
	t.true(later instanceof TimeoutError);
	t.is(later.cause, error);
	const {bytes, ended} = await testify();
	t.is(ended, 'reset');
	t.true(bytes <= error.bytesSent);
});

test.serial('a big send with timeout 0 that begins and cannot end resets the connection', async t => {
	const {connection} = await rawPair(t);
	const error = (await reasonOf(connection.send(Buffer.alloc(moreThanFits), {timeout: 0}))) as TimeoutError;
	t.true(error instanceof TimeoutError);
	t.true(error.bytesSent > 0);
	t.is((await connection.closed).reason, 'cancelled');
});

test.serial('an abort after a send has resolved changes nothing', async t => {
	const {connection, peer} = await rawPair(t);
	const controller = new AbortController();
	await connection.send('abc', {signal: controller.signal, timeout: 5});
	controller.abort();
	await reasonOf(connection.read({timeout: 10}));
	await connection.send('def');
	t.is((await peer.readExactly(6)).toString(), 'abcdef');
	t.is(connection.state, 'connected');
});

test.serial('timeouts end in the order of their times, whatever the order of the calls', async t => {
	const pairs = await Promise.all([300, 100, 200].map(async timeout => ({timeout, ...(await rawPair(t))})));
	const order: number[] = [];
	await Promise.all(
		pairs.map(async ({timeout, connection}) => {
			await reasonOf(connection.read({timeout}));
			order.push(timeout);
		}),
	);
	t.deepEqual(order, [100, 200, 300]);
});
