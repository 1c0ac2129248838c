import {Buffer} from 'node:buffer';
import test from 'ava';
import fc from 'fast-check';
import {LimitError, TimeoutError, UnexpectedEndError, type CoTcpConnection} from '../../src/index.js';
import {mebibyte, pattern, sha256} from '../support/bytes.js';
import {checkDescriptors} from '../support/descriptors.js';
import {ownPair, rawPair} from '../support/pairs.js';
import {nextTurn} from '../support/wait.js';

checkDescriptors(test);

test('a chunk is never written again', async t => {
	const {connection, peer} = await rawPair(t);
	const all = pattern(16 * mebibyte);
	const sizes = [1, 100, 4095, 4096, 5000, 65_536, 700_000];
	const sending = (async () => {
		let at = 0;
		for (let round = 0; at < all.length; round++) {
			const size = sizes[round % sizes.length] as number;
			await peer.send(all.subarray(at, at + size));
			at += size;
			if (size < 10_000) await nextTurn();
		}

		await peer.end();
	})();
	const kept: Array<{chunk: Buffer; copy: Buffer}> = [];
	for (let round = 0; ; round++) {
		const chunk = round % 3 === 0 ? await connection.read({max: 3000}) : await connection.read();
		if (chunk === null) break;
		kept.push({chunk, copy: Buffer.from(chunk)});
	}

	await sending;
	t.true(kept.every(({chunk, copy}) => chunk.equals(copy)));
	t.is(sha256(Buffer.concat(kept.map(({chunk}) => chunk))), sha256(all));
});

test('what a caller writes into a chunk changes no other byte', async t => {
	const {connection, peer} = await rawPair(t);
	const all = pattern(mebibyte);
	const sending = peer.send(all).then(async () => peer.end());
	let at = 0;
	for await (const chunk of connection) {
		t.true(chunk.equals(all.subarray(at, at + chunk.length)));
		at += chunk.length;
		chunk.fill(0);
	}

	await sending;
	t.is(at, all.length);
});

test("what peek gave may be written to: the bytes that stay are the peer's", async t => {
	const {connection, peer} = await rawPair(t);
	await peer.send('ab');
	await nextTurn();
	await peer.send('cd');
	const seen = await connection.peek(4);
	const text = seen?.toString();
	t.is(text, 'abcd');
	t.is((await connection.readExactly(4)).toString(), 'abcd');
});

test('copy: true gives memory of its own, which may be transferred', async t => {
	const {connection, peer} = await rawPair(t);
	for (const size of [1, 5000, 300_000]) {
		const all = pattern(size, size);
		const sending = peer.send(all);
		const parts: Buffer[] = [];
		let bytes = 0;
		while (bytes < size) {
			const chunk = (await connection.read({copy: true})) as Buffer;
			t.is(chunk.byteOffset, 0);
			t.is(chunk.buffer.byteLength, chunk.length);
			bytes += chunk.length;
			parts.push(Buffer.from(structuredClone(chunk.buffer, {transfer: [chunk.buffer as ArrayBuffer]})));
			t.is(chunk.length, 0);
		}

		await sending;
		t.is(sha256(Buffer.concat(parts)), sha256(all));
	}
});

test('copy: true with max and with tryRead', async t => {
	const {connection, peer} = await rawPair(t);
	await peer.send('abcdef');
	await connection.peek(6);
	const two = (await connection.read({copy: true, max: 2})) as Buffer;
	t.is(two.toString(), 'ab');
	t.is(two.buffer.byteLength, 2);
	const one = connection.tryRead({copy: true, max: 1}) as Buffer;
	t.is(one.toString(), 'c');
	t.is(one.buffer.byteLength, 1);
	t.is(connection.tryRead({copy: false})?.toString(), 'def');
});

test("a chunk's memory cannot be pulled away under the library", async t => {
	const {connection, peer} = await rawPair(t);
	for (const size of [10, 8000, 600_000]) {
		const all = pattern(size, size);
		for (let round = 0; round < 3; round++) {
			const sending = peer.send(all);
			const parts: Buffer[] = [];
			for (let bytes = 0; bytes < size;) {
				const chunk = (await connection.read()) as Buffer;
				bytes += chunk.length;
				parts.push(Buffer.from(chunk));
				tryToDetach(chunk.buffer as ArrayBuffer);
				t.true(chunk.equals(parts.at(-1) as Buffer));
			}

			await sending;
			t.is(sha256(Buffer.concat(parts)), sha256(all));
		}
	}
});

/** Node 20 takes a copy of what is marked as untransferable, later versions throw. */
function tryToDetach(memory: ArrayBuffer): void {
	try {
		structuredClone(memory, {transfer: [memory]});
	} catch (error) {
		if ((error as Error).name !== 'DataCloneError') throw error;
	}
}

/** Where a stream of random bytes is cut, and how it is read. */
const splits = fc.array(fc.oneof(fc.constant(1), fc.integer({min: 1, max: 20}), fc.integer({min: 1000, max: 9000})), {
	minLength: 1,
	maxLength: 25,
});
const kinds = [
	'read',
	'readMax',
	'copy',
	'tryRead',
	'readInto',
	'readExactly',
	'readUntil',
	'peek',
	'readAll',
	'iterate',
] as const;
const plans = fc.array(
	fc.tuple(fc.constantFrom(...kinds), fc.integer({min: 1, max: 3000}), fc.constantFrom('none', 'abort', 'timeout')),
	{minLength: 1, maxLength: 40},
);

type Give = (bytes: Uint8Array) => void;

/** One read of a kind; gives the bytes it took. Its failure must have taken none. true: the end. */
async function readOnce(
	connection: CoTcpConnection,
	kind: (typeof kinds)[number],
	size: number,
	cancel: string,
	give: Give,
): Promise<boolean> {
	const controller = new AbortController();
	if (cancel === 'abort')
		setImmediate(() => {
			controller.abort('given up');
		});
	const options = {signal: controller.signal, timeout: cancel === 'timeout' ? size % 3 : undefined};
	const chunkOf = (chunk: Buffer | null | undefined): boolean => {
		if (chunk !== null && chunk !== undefined) give(chunk);
		return chunk === null;
	};
	try {
		switch (kind) {
			case 'read':
				return chunkOf(cancel === 'none' ? await connection.read() : await connection.read(options));
			case 'readMax':
				return chunkOf(await connection.read({...options, max: size}));
			case 'copy':
				return chunkOf(await connection.read({...options, copy: true}));
			case 'tryRead':
				await nextTurn();
				return chunkOf(connection.tryRead({max: size}));
			case 'readInto': {
				const view = new Uint8Array(size);
				const count = await connection.readInto(view, options);
				if (count !== null) give(view.subarray(0, count));
				return count === null;
			}

			case 'readExactly':
				return chunkOf(await connection.readExactly(size, options));
			case 'readUntil':
				return chunkOf(
					await connection.readUntil(Buffer.from([size & 0xff, 7]).subarray(size % 2), {
						...options,
						limit: size,
					}),
				);
			case 'peek': {
				const seen = await connection.peek(size, options);
				if (seen === null) return true;
				const taken = await connection.readExactly(size);
				if (!taken.equals(seen)) throw new Error('peek saw other bytes than were read');
				give(taken);
				return false;
			}

			case 'readAll':
				return chunkOf(await connection.readAll({...options, limit: size}));
			case 'iterate':
				for await (const chunk of connection) {
					give(chunk);
					return false;
				}

				return true;
		}
	} catch (error) {
		const isExpected =
			error === 'given up' ||
			error instanceof TimeoutError ||
			error instanceof LimitError ||
			error instanceof UnexpectedEndError;
		if (!isExpected) throw error;
		return false;
	}
}

async function holdsForPlan(
	connection: CoTcpConnection,
	send: () => Promise<void>,
	all: Buffer,
	plan: ReadonlyArray<readonly [(typeof kinds)[number], number, string]>,
): Promise<boolean> {
	const taken: Buffer[] = [];
	const give: Give = bytes => taken.push(Buffer.from(bytes));
	const sending = send();
	let isEnd = false;
	for (const [kind, size, cancel] of plan) {
		isEnd = await readOnce(connection, kind, size, cancel, give);
		if (isEnd) break;
	}

	if (!isEnd) give(await connection.readAll());
	await sending;
	return Buffer.concat(taken).equals(all) && connection.stats.bytesRead === all.length;
}

test('whatever is read how, cancelled or not, and however it was cut: the bytes are the sent ones', async t => {
	await fc.assert(
		fc.asyncProperty(splits, plans, fc.boolean(), async (sizes, plan, inTurns) => {
			const {connection, peer} = await rawPair(t);
			const all = pattern(
				sizes.reduce((sum, size) => sum + size, 0),
				sizes.length,
			);
			const send = async (): Promise<void> => {
				let at = 0;
				for (const size of sizes) {
					await peer.send(all.subarray(at, (at += size)));
					if (inTurns) await nextTurn();
				}

				await peer.end();
			};
			try {
				return await holdsForPlan(connection, send, all, plan);
			} finally {
				connection.reset();
				peer.socket.destroy();
			}
		}),
		{numRuns: 150},
	);
	t.pass();
});

test('messages of random cuts are found again by their delimiter', async t => {
	const alphabet = fc.constantFrom('a', 'b', '\r', '\n');
	const text = fc.array(alphabet, {maxLength: 60}).map(letters => letters.join(''));
	await fc.assert(
		fc.asyncProperty(
			text,
			fc.constantFrom('\r\n', 'ab', 'aab', '\n'),
			fc.array(fc.integer({min: 1, max: 7}), {minLength: 1}),
			async (body, delimiter, sizes) => {
				const {connection, peer} = await ownPair(t);
				const sending = (async () => {
					for (let at = 0, round = 0; at < body.length; round++) {
						const size = sizes[round % sizes.length] as number;
						await peer.send(body.slice(at, (at += size)));
						await nextTurn();
					}

					await peer.shutdown();
				})();
				const expected = body.split(delimiter);
				const rest = expected.pop() as string;
				for (const message of expected) {
					const got = (await connection.readUntil(delimiter))?.toString();
					if (got !== message + delimiter)
						throw new Error(`${JSON.stringify(got)} instead of ${JSON.stringify(message + delimiter)}`);
				}

				await sending;
				if (rest === '') t.is(await connection.readUntil(delimiter), null);
				else await t.throwsAsync(connection.readUntil(delimiter), {instanceOf: UnexpectedEndError});
				t.is((await connection.readAll()).toString(), rest);
				connection.reset();
				peer.reset();
			},
		),
		{numRuns: 60},
	);
});
