import test from 'ava';
import {BrokenError, type CoTcpConnection} from 'cotcp';
import {isSoak} from '../../../test/support/scale.js';
import {within} from '../../../test/support/wait.js';
import {
	dial,
	encodeLines,
	exchange,
	grids,
	kindNames,
	receiveAll,
	solutions,
	solvedLines,
	startServer,
} from './support.js';

const firstSolution = solutions[0] as string;
const longMs = isSoak ? 1_200_000 : 110_000;
const idOf = (index: number) => `c0001-${String(index).padStart(8, '0')}`;

/** Lines in any order. */
const sorted = (text: string) => text.split('\r\n').sort();

/** All grids over each connection in the soak; in the gate as many as go in a second. */
const gateCounts: Readonly<Record<number, number>> = {1: 2, 7: 10, 777: 30, 65_536: 30};
/** The solver itself is the same for all kinds and pieces: one row has all grids in the gate, too. */
const rowOfAllGrids = 777;
const matrix = [1, 100].flatMap(connections =>
	[1, 7, 777, 65_536].map(pieceSize => ({
		connections,
		pieceSize,
		count: countOf(connections, pieceSize),
	})),
);
/** What all kinds share is shown for the first of them. */
const mostOfOtherKinds = isSoak ? 1000 : 100;

function countOf(connections: number, pieceSize: number): number {
	if (isSoak) return 1000;
	if (connections > 1) return gateCounts[pieceSize] as number;
	return pieceSize === rowOfAllGrids ? 1000 : 300;
}

for (const kind of kindNames) {
	for (const {connections, pieceSize, count: most} of matrix) {
		const count = kind === 'basic' ? most : Math.min(most, mostOfOtherKinds);
		test.serial(
			`${kind}: ${count} grids over each of ${connections} connections, in pieces of ${pieceSize} bytes`,
			async t => {
				await using server = await startServer(kind);
				const plain = encodeLines(grids.slice(0, count));
				const withIds = encodeLines(grids.slice(0, count), idOf);
				const all = Array.from({length: connections}, async (_, index) => {
					const hasIds = connections === 1 || index % 2 === 1;
					if (connections === 1 || !hasIds)
						t.true(
							(await exchange(server.port, plain, pieceSize)) === solvedLines(solutions.slice(0, count)),
						);
					if (!hasIds) return;
					const answers = await exchange(server.port, withIds, pieceSize);
					const expected = solvedLines(solutions.slice(0, count), idOf);
					if (kind === 'pool') t.deepEqual(sorted(answers), sorted(expected));
					else t.true(answers === expected);
				});
				await within(Promise.all(all), 'all answers', longMs);
				const {requests, solved, dropped, bad} = server.statistics.snapshot();
				const asked = connections === 1 ? 2 * count : connections * count;
				t.deepEqual({requests, solved, dropped, bad}, {requests: asked, solved: asked, dropped: 0, bad: 0});
			},
		);
	}

	test.serial(`${kind}: 10,000 requests at once and a half-close get 10,000 answers, then the end`, async t => {
		await using server = await startServer(kind);
		const ten = Array.from({length: 10}, () => grids).flat();
		const connection = await dial(server.port);
		const answers = receiveAll(connection);
		await Promise.all([connection.send(encodeLines(ten)), connection.shutdown()]);
		const expected = solvedLines(Array.from({length: 10}, () => solutions).flat());
		t.true((await within(answers, 'all answers', longMs)) === expected);
		t.is((await connection.close()).reason, 'closed');
		t.is(server.statistics.snapshot().solved, 10_000);
	});

	const writes = isSoak || kind === 'basic' ? 10_000 : 2000;
	test.serial(`${kind}: ${writes} requests in as many writes`, async t => {
		await using server = await startServer(kind);
		const connection = await dial(server.port);
		const answers = receiveAll(connection);
		const sends = Array.from({length: writes}, async (_, index) =>
			connection.send(`${idOf(index)}:${grids[index % 1000] as string}\r\n`),
		);
		await Promise.all([...sends, connection.shutdown()]);
		const lines = sorted(await within(answers, 'all answers', longMs));
		const asked = Array.from({length: writes}, (_, index) => solutions[index % 1000] as string);
		const expected = sorted(solvedLines(asked, idOf));
		t.deepEqual(lines, expected);
		await connection.close();
	});

	test.serial(
		`${kind}: a client that sends and never reads stops being read from, and does not slow the others`,
		async t => {
			await using server = await startServer(kind);
			const greedy = await dial(server.port);
			const one = encodeLines(grids);
			const sending = (async () => {
				for (;;) await greedy.send(one);
			})();
			// Another client is served all the time, also when the first one is stuck.
			const other = await dial(server.port);
			await within(
				serveUntil(other, () => standsStill(greedy)),
				'the greedy client to get stuck',
				longMs,
			);
			t.is(await ask(other), firstSolution);
			await other.close();
			t.true(server.statistics.snapshot().requests < 600_000);
			greedy.reset();
			await t.throwsAsync(sending);
		},
	);

	test.serial(`${kind}: a client that never reads is ended by a reset, and nobody else is`, async t => {
		await using server = await startServer(kind, {stallTimeout: 1000});
		const other = await dial(server.port);
		const greedy = await dial(server.port);
		const one = encodeLines(grids);
		const reason = await within(
			reasonOfSending(async () => greedy.send(one)),
			'the reset',
			longMs,
		);
		t.true(reason instanceof BrokenError, String(reason));
		t.is(await ask(other), firstSolution);
		await other.close();
	});

	test.serial(`${kind}: when the greedy client reads after all, it gets every answer`, async t => {
		await using server = await startServer(kind);
		const greedy = await dial(server.port);
		const rounds = 100;
		const one = encodeLines(grids.slice(0, 200));
		const sending = (async () => {
			for (let round = 0; round < rounds; round++) await greedy.send(one);
			await greedy.shutdown();
		})();
		const other = await dial(server.port);
		for (let round = 0; round < 20; round++) t.is(await ask(other), firstSolution);
		await other.close();
		const expected = solvedLines(solutions.slice(0, 200)).repeat(rounds);
		const answers = await within(receiveAll(greedy), 'all answers', longMs);
		await sending;
		// The pool may have said that it is too busy: it has a queue of its own, which one client alone may fill.
		t.is(answers.length > 0 && answers.replaceAll(/ServerTooBusy/gu, '').endsWith('\r\n'), true);
		t.is(answers.split('\r\n').length, expected.split('\r\n').length);
		if (kind !== 'pool') t.true(answers === expected);
		await greedy.close();
	});

	test.serial(`${kind}: a client that resets in the middle leaves nothing behind`, async t => {
		await using server = await startServer(kind);
		for (let round = 0; round < 10; round++) {
			const connection = await dial(server.port);
			await connection.send(encodeLines(grids.slice(0, 100)));
			if (round % 2 === 1) await connection.read();
			connection.reset();
		}

		t.is(await exchange(server.port, `${grids[0] ?? ''}\r\n`), `${solutions[0] ?? ''}\r\n`);
	});

	test.serial(`${kind}: what has been read is answered when the server stops`, async t => {
		const server = await startServer(kind);
		const connection = await dial(server.port);
		t.is(await ask(connection), firstSolution);
		await Promise.all([server[Symbol.asyncDispose](), receiveAll(connection).then(async () => connection.close())]);
		t.is((await connection.closed).reason, 'closed');
	});

	// In callbacks, shutdown() comes first: what is still to be parsed is dropped.
	if (kind === 'reactor') continue;
	test.serial(
		`${kind}: requests that have come and have not been looked at are answered when the server stops`,
		async t => {
			const server = await startServer(kind);
			const connection = await dial(server.port);
			t.is(await ask(connection), firstSolution);
			// They fit into the kernel's buffer of the server, which this thread keeps from reading them.
			const count = 300;
			await connection.send(encodeLines(grids.slice(0, count)) + encodeLines(grids.slice(0, count), idOf));
			const stopped = server[Symbol.asyncDispose]();
			const lines = await within(receiveAll(connection), 'all answers', longMs);
			const expected = solvedLines(solutions.slice(0, count)) + solvedLines(solutions.slice(0, count), idOf);
			t.deepEqual(sorted(lines), sorted(expected));
			await connection.close();
			await stopped;
		},
	);
}

async function ask(connection: CoTcpConnection): Promise<string | null> {
	await connection.send(`${grids[0] ?? ''}\r\n`);
	return within(connection.readLine(), 'an answer');
}

async function serveUntil(connection: CoTcpConnection, isOver: () => boolean): Promise<void> {
	while (!isOver()) if ((await ask(connection)) !== firstSolution) throw new Error('a wrong answer');
}

/** A second without a byte. */
const counts = new WeakMap<CoTcpConnection, {bytes: number; since: number}>();
function standsStill(connection: CoTcpConnection): boolean {
	const bytes = connection.stats.bytesWritten;
	const last = counts.get(connection);
	if (last?.bytes !== bytes) counts.set(connection, {bytes, since: performance.now()});
	else if (performance.now() - last.since > 1000) return true;
	return false;
}

/** Sends until that fails. */
async function reasonOfSending(send: () => Promise<void>): Promise<unknown> {
	try {
		for (;;) await send();
	} catch (error) {
		return error;
	}
}
