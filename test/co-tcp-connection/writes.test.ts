import {Buffer} from 'node:buffer';
import vm from 'node:vm';
import test from 'ava';
import fc from 'fast-check';
import {ClosedError, sleep} from '../../src/index.js';
import {mebibyte, moreThanFits, pattern, sha256} from '../support/bytes.js';
import {checkDescriptors} from '../support/descriptors.js';
import {ownPair, rawPair} from '../support/pairs.js';
import {nextTurn, reasonOf, turns, until} from '../support/wait.js';

checkDescriptors(test);

type Message = Parameters<Awaited<ReturnType<typeof rawPair>>['connection']['send']>[0];

const arrivesAs = test.macro(async (t, data: Message, expected: string | Uint8Array) => {
	const {connection, peer} = await rawPair(t);
	await connection.send(data);
	await connection.send(data, {timeout: 10_000});
	await connection.shutdown();
	const once = Buffer.from(expected);
	const got = await peer.readAll();
	t.is(got.toString('latin1'), Buffer.concat([once, once]).toString('latin1'));
	t.is(connection.stats.bytesWritten, 2 * once.length);
	t.is(connection.stats.pendingBytes, 0);
});

/** A view that lies about itself, as a subclass can. */
class Liar extends Uint8Array {
	override get length(): number {
		return 1_000_000;
	}

	override get byteLength(): number {
		return 2_000_000;
	}

	override get byteOffset(): number {
		return 5;
	}
}

function withOwnProperties(bytes: number[]): Uint8Array {
	return Object.defineProperties(Uint8Array.from(bytes), {
		length: {value: 1},
		byteLength: {value: 70_000},
		byteOffset: {value: 9},
		buffer: {value: new ArrayBuffer(3)},
	});
}

const shared = new Uint8Array(new SharedArrayBuffer(8), 2, 3);
shared.set([1, 2, 3]);
const resizable = (bytes: number[]): Uint8Array => {
	const Resizable = ArrayBuffer as unknown as new (length: number, options: {maxByteLength: number}) => ArrayBuffer;
	const view = new Uint8Array(new Resizable(bytes.length, {maxByteLength: 100}));
	view.set(bytes);
	return view;
};
const foreign = vm.runInNewContext('new Uint8Array([7, 8, 9])') as Uint8Array;
const bare = Object.setPrototypeOf(Uint8Array.from([4, 5]), null) as Uint8Array;

test('a Buffer', arrivesAs, Buffer.from('abc'), 'abc');
test('a view of a part of its memory', arrivesAs, new Uint8Array(Buffer.from('xabcx')).subarray(1, 4), 'abc');
test('a string', arrivesAs, 'grüße €𝄞', 'grüße €𝄞');
test('lone surrogates become U+FFFD', arrivesAs, 'a\uD800b\uDC00c\uD834\uDD1E\uDBFF', 'a\uFFFDb\uFFFDc𝄞\uFFFD');
test('lone surrogates in an array, each in its own string', arrivesAs, ['\uD834', '\uDD1E'], '\uFFFD\uFFFD');
test('shared memory', arrivesAs, shared, Uint8Array.of(1, 2, 3));
test('resizable memory', arrivesAs, resizable([1, 2]), Uint8Array.of(1, 2));
test('a view of another realm', arrivesAs, foreign, Uint8Array.of(7, 8, 9));
test('views of another realm in an array', arrivesAs, [foreign, 'x', foreign], Uint8Array.of(7, 8, 9, 120, 7, 8, 9));
test('a view without a prototype', arrivesAs, bare, Uint8Array.of(4, 5));
test('a view without a prototype in an array', arrivesAs, [bare, bare], Uint8Array.of(4, 5, 4, 5));
test('a view that lies about its length', arrivesAs, Liar.from([1, 2, 3]), Uint8Array.of(1, 2, 3));
test(
	'a view that lies about its length in an array',
	arrivesAs,
	[Liar.from([1, 2, 3]), Liar.from([4])],
	Uint8Array.of(1, 2, 3, 4),
);
test('a view with lying properties', arrivesAs, withOwnProperties([1, 2, 3]), Uint8Array.of(1, 2, 3));
test(
	'views with lying properties in an array',
	arrivesAs,
	[withOwnProperties([1, 2]), 'x', withOwnProperties([3])],
	Uint8Array.of(1, 2, 120, 3),
);
const tooLong = Object.defineProperty(Uint8Array.of(6), 'byteLength', {value: 50});
const tooShort = Object.defineProperty(Uint8Array.of(6, 7), 'length', {value: 1});
test('small views that lie in an array', arrivesAs, [tooLong, 'x', tooShort, 'y'], Uint8Array.of(6, 120, 6, 7, 121));
test(
	'big views that lie',
	arrivesAs,
	[withOwnProperties(Array.from({length: 100_000}, () => 5)), 'x'],
	Buffer.concat([Buffer.alloc(100_000, 5), Buffer.from('x')]),
);
test('nothing: an empty string', arrivesAs, '', '');
test('nothing: an empty view', arrivesAs, new Uint8Array(0), '');
test('nothing: an empty array', arrivesAs, [], '');
test('nothing: an array of nothing', arrivesAs, ['', new Uint8Array(0), ''], '');
test(
	'strings and views mixed',
	arrivesAs,
	['a', Buffer.from('b'), '', 'ü', Uint8Array.of(0), 'x'.repeat(100_000), 'y'],
	`abü\0${'x'.repeat(100_000)}y`,
);
test(
	'10,000 parts of a byte',
	arrivesAs,
	Array.from({length: 10_000}, (_, index) => Uint8Array.of(index)),
	Uint8Array.from({length: 10_000}, (_, index) => index),
);
test(
	'10,000 strings of a character',
	arrivesAs,
	Array.from({length: 10_000}, () => 'é'),
	'é'.repeat(10_000),
);
test('a frozen array', arrivesAs, Object.freeze(['a', 'b']), 'ab');

test('random arrays arrive whole, in order and unmixed', async t => {
	const {connection, peer} = await ownPair(t);
	const part = fc.oneof(
		fc.string({unit: 'binary', maxLength: 50}),
		fc.uint8Array({maxLength: 50}),
		fc.integer({min: 0, max: 200_000}).map(length => pattern(length)),
	);
	await fc.assert(
		fc.asyncProperty(fc.array(fc.oneof(part, fc.array(part, {maxLength: 6})), {maxLength: 8}), async messages => {
			const sent = Promise.all(messages.map(async message => connection.send(message)));
			const expected = Buffer.concat(messages.flat().map(bytes => Buffer.from(bytes as string)));
			const got = await peer.readExactly(expected.length);
			await sent;
			return got.equals(expected);
		}),
		{numRuns: 60},
	);
	t.pass();
});

test('what becomes of the array after the call does not matter', async t => {
	const {connection, peer} = await rawPair(t);
	const message: Array<string | Uint8Array> = [Buffer.alloc(moreThanFits), 'tail'];
	const sending = connection.send(message);
	message[1] = 'other';
	message.push('more');
	t.is((await peer.readExactly(moreThanFits + 4)).subarray(-4).toString(), 'tail');
	await sending;
	t.is(connection.stats.bytesWritten, moreThanFits + 4);
});

test('a small message may be changed once send has resolved', async t => {
	const {connection, peer} = await rawPair(t);
	const memory = Buffer.alloc(4);
	for (let round = 0; round < 200; round++) {
		memory.writeUInt32LE(round);
		await connection.send(memory);
	}

	const got = await peer.readExactly(800);
	for (let round = 0; round < 200; round++) t.is(got.readUInt32LE(round * 4), round);
});

test('two loops over send, and a third of arrays, are never mixed', async t => {
	const {connection, peer} = await rawPair(t);
	const rounds = 8;
	const size = 700_001;
	const loops = ['a', 'b', 'c'].map(async (letter, index) => {
		for (let round = 0; round < rounds; round++) {
			const body = Buffer.alloc(size - 1, letter);
			const mark = Uint8Array.of(round);
			await connection.send(
				index === 2 ? [mark, body.subarray(0, 10), body.subarray(10)] : Buffer.concat([mark, body]),
			);
		}
	});
	const next: Record<string, number> = {a: 0, b: 0, c: 0};
	for (let message = 0; message < 3 * rounds; message++) {
		const bytes = await peer.readExactly(size);
		const letter = String.fromCharCode(bytes[1] as number);
		t.is(bytes[0], next[letter]);
		next[letter] = (next[letter] ?? 0) + 1;
		t.true(bytes.subarray(1).equals(Buffer.alloc(size - 1, letter)));
	}

	await Promise.all(loops);
});

test('sends resolve in the order of their calls', async t => {
	const {connection, peer} = await rawPair(t, {maxPendingBytes: Infinity});
	const order: number[] = [];
	const sent = Array.from({length: 20}, async (_, index) => {
		await connection.send(Buffer.alloc(index % 3 === 0 ? 3 * mebibyte : 5));
		order.push(index);
	});
	peer.receive();
	await Promise.all(sent);
	t.deepEqual(
		order,
		order.map((_, index) => index),
	);
});

test('sends of any turn, timer and batch keep the order of their calls', async t => {
	// What is sent faster than its turns allow waits here.
	const {connection, peer} = await ownPair(t, {maxPendingBytes: Infinity});
	const other = await ownPair(t);
	let number = 0;
	const sent: Array<Promise<void>> = [];
	const burst = (count: number): void => {
		for (let time = 0; time < count; time++) {
			const message = Buffer.alloc(number % 7 === 0 ? 5000 : 8);
			message.writeUInt32LE(number++);
			message.writeUInt32LE(message.length, 4);
			sent.push(number % 3 === 0 ? connection.send([message]) : connection.send(message));
		}
	};
	for (let round = 0; round < 60; round++) {
		// More than one turn takes: the rest waits for the next one, in which the next burst is called.
		burst(round % 2 === 0 ? 150 : 3);
		if (round % 4 === 0) await nextTurn();
		else if (round % 4 === 1) await sleep(0);
		else if (round % 4 === 2) await Promise.all([other.peer.send('x'), other.connection.readExactly(1)]);
		else await new Promise(resolve => setTimeout(resolve, 0));
	}

	for (let expected = 0; expected < number; expected++) {
		const head = await peer.readExactly(8);
		if (head.readUInt32LE() !== expected) t.is(head.readUInt32LE(), expected);
		await peer.discard(head.readUInt32LE(4) - 8);
	}

	await Promise.all(sent);
	t.is(connection.stats.pendingBytes, 0);
});

test('sendSome writes what fits, and two loops over it interleave', async t => {
	const {connection, peer} = await rawPair(t);
	const size = moreThanFits / 2;
	const loop = async (letter: string): Promise<number> => {
		const bytes = Buffer.alloc(size, letter);
		let calls = 0;
		for (let at = 0; at < size; calls++) {
			const sent = await connection.sendSome(bytes.subarray(at));
			t.true(sent >= 1 && sent <= size - at);
			at += sent;
		}

		return calls;
	};
	const loops = Promise.all([loop('a'), loop('b')]);
	const got = await peer.readExactly(2 * size);
	t.true((await loops).every(calls => calls > 1));
	let changes = 0;
	for (let at = 1; at < got.length; at++) if (got[at] !== got[at - 1]) changes++;
	t.true(changes > 1, `${changes} changes`);
	t.is(got.filter(byte => byte === 97).length, size);
});

test('sendSome of nothing resolves to 0, and takes only views', async t => {
	const {connection} = await rawPair(t);
	t.is(await connection.sendSome(new Uint8Array(0)), 0);
	t.is(await connection.sendSome(Liar.from([1, 2])), 2);
	t.true((await reasonOf(connection.sendSome('x' as never))) instanceof TypeError);
});

test.serial('50 MiB go to a slow reader whole, and without being copied', async t => {
	const {connection, peer} = await rawPair(t);
	const all = pattern(50 * mebibyte);
	const before = process.memoryUsage();
	const sending = connection.send(all);
	await turns(10);
	const {pendingBytes, bytesWritten} = connection.stats;
	t.is(pendingBytes + bytesWritten, all.length);
	t.true(pendingBytes > 0);
	const {external, arrayBuffers} = process.memoryUsage();
	t.true(external + arrayBuffers - before.external - before.arrayBuffers < 8 * mebibyte);
	t.is(sha256(await peer.readExactly(all.length)), sha256(all));
	await sending;
	t.is(connection.stats.pendingBytes, 0);
});

test('a loop of sends waits for a peer that does not read', async t => {
	const {connection, peer} = await rawPair(t);
	let sent = 0;
	const chunk = Buffer.alloc(65_536, 1);
	const loop = (async () => {
		for (; sent < 1024; sent++) await connection.send(chunk);
		await connection.shutdown();
	})();
	let before = -1;
	// Until 50 turns bring nothing more.
	while (before !== sent) {
		before = sent;
		await turns(50);
	}

	t.true(sent < 600, `${sent} sends of 64 KiB were taken`);
	t.true(connection.stats.pendingBytes <= chunk.length);
	t.is((await peer.readAll()).length, 1024 * chunk.length);
	await loop;
});

test('flush resolves after what was sent before, not after what comes later', async t => {
	const {connection, peer} = await rawPair(t);
	await connection.flush();
	const order: string[] = [];
	const note = (what: string) => () => order.push(what);
	const first = connection.send(Buffer.alloc(moreThanFits)).then(note('first'));
	const flushed = connection.flush().then(note('flush'));
	const second = connection.send(Buffer.alloc(moreThanFits)).then(note('second'));
	peer.receive();
	await Promise.all([first, flushed, second]);
	t.deepEqual(order, ['first', 'flush', 'second']);
});

test('flush after shutdown resolves', async t => {
	const {connection, peer} = await rawPair(t);
	await connection.send('x');
	const shut = connection.shutdown();
	await connection.flush();
	await shut;
	await connection.flush();
	t.is((await peer.readAll()).toString(), 'x');
});

test('pendingBytes counts what has begun and what waits', async t => {
	const {connection, peer} = await rawPair(t);
	const sent = [Buffer.alloc(moreThanFits), 'abc', ['d', 'éf']].map(async message => connection.send(message));
	const {pendingBytes, bytesWritten} = connection.stats;
	t.is(pendingBytes + bytesWritten, moreThanFits + 7);
	peer.receive();
	await Promise.all(sent);
	t.is(connection.stats.pendingBytes, 0);
	t.is(connection.stats.bytesWritten, moreThanFits + 7);
});

// memory that goes away

const goesAway = test.macro(async (t, make: () => {view: Uint8Array; away: () => void}, isBehind: boolean) => {
	const {connection, peer} = await rawPair(t);
	const {view, away} = make();
	const first = isBehind ? connection.send(Buffer.alloc(moreThanFits)) : undefined;
	const sending = connection.send(view);
	if (!isBehind) await until(() => connection.stats.bytesWritten > 0, 'the first byte');
	away();
	void peer.receive().ended;
	const error = await reasonOf(sending);
	t.true(error instanceof TypeError, String(error));
	if (first === undefined) {
		t.is((await connection.closed).reason, 'cancelled');
		return;
	}

	await first;
	await connection.send('after');
	t.is((await peer.readExactly(moreThanFits + 5)).subarray(-5).toString(), 'after');
});

function detachable(): {view: Uint8Array; away: () => void} {
	const view = new Uint8Array(moreThanFits);
	return {view, away: () => structuredClone(view.buffer, {transfer: [view.buffer]})};
}

function shrinkable(): {view: Uint8Array; away: () => void} {
	const Resizable = ArrayBuffer as unknown as new (
		length: number,
		options: {maxByteLength: number},
	) => ArrayBuffer & {resize: (length: number) => void};
	const memory = new Resizable(moreThanFits, {maxByteLength: moreThanFits});
	return {
		view: new Uint8Array(memory),
		away() {
			memory.resize(100);
		},
	};
}

test('memory detached while it is sent', goesAway, detachable, false);
test('memory detached before its turn', goesAway, detachable, true);
test('memory shrunk while it is sent', goesAway, shrinkable, false);
test('memory shrunk before its turn', goesAway, shrinkable, true);

test('detached memory is empty memory', async t => {
	const {connection, peer} = await rawPair(t);
	const view = new Uint8Array(10);
	structuredClone(view.buffer, {transfer: [view.buffer]});
	await connection.send(view);
	await connection.send([view, 'x', view]);
	t.is(await connection.sendSome(view), 0);
	const error = (await reasonOf(connection.readInto(view))) as RangeError;
	t.true(error instanceof RangeError);
	t.is((await peer.readExactly(1)).toString(), 'x');
});

const readIntoLosesItsMemory = test.macro(async (t, make: () => {view: Uint8Array; away: () => void}) => {
	const {connection, peer} = await rawPair(t);
	const {view, away} = make();
	const reading = connection.readInto(view);
	await nextTurn();
	away();
	await peer.send('abc');
	const outcome = await reading.catch((error: unknown) => error);
	if (typeof outcome === 'number') t.true(outcome >= 1);
	else {
		t.true(outcome instanceof RangeError, String(outcome));
		t.is((await connection.readExactly(3)).toString(), 'abc');
	}
});
test('the view of readInto is detached while it waits: no byte is lost', readIntoLosesItsMemory, detachable);
test('the view of readInto is shrunk while it waits: no byte is lost', readIntoLosesItsMemory, shrinkable);

test('after shutdown sends are refused, and shutdown and flush are not', async t => {
	const {connection, peer} = await rawPair(t);
	const before = connection.send('before');
	const shut = connection.shutdown();
	t.is(connection.state, 'disconnecting');
	const error = (await reasonOf(connection.send('late'))) as ClosedError;
	t.true(error instanceof ClosedError);
	t.is(error.code, 'ERR_TCP_CLOSED');
	t.is(error.bytesSent, 0);
	t.true((await reasonOf(connection.sendSome(Buffer.from('x')))) instanceof ClosedError);
	await Promise.all([before, shut, connection.shutdown(), connection.flush()]);
	await connection.shutdown();
	t.is((await peer.readAll()).toString(), 'before');
});
