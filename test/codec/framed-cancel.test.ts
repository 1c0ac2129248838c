import {Buffer} from 'node:buffer';
import test from 'ava';
import {TimeoutError} from '../../src/index.js';
import type {Codec} from '../../src/codec/index.js';
import {ownPair} from '../support/pairs.js';
import {Random} from '../fuzz/random.js';
import {nextTurn, within} from '../support/wait.js';
import {bytesOf, prefixed} from './framed-support.js';

const frameCount = 400;
const patienceMs = 60_000;

test('reads that are cancelled at any moment, of a decoder that is slow now and then, lose no frame and give none twice', async t => {
	for (const seed of [1, 2, 3]) {
		const random = new Random(seed, 0);
		const {connection, peer} = await ownPair(t);
		const framed = connection.framed<string, string>(slowNowAndThen(random));
		const sent = Array.from({length: frameCount}, (_, index) => `${index}${'.'.repeat(random.below(200))}`);
		const writing = (async () => {
			const bytes = bytesOf(...sent);
			for (let at = 0; at < bytes.length;) {
				const end = at + 1 + random.below(random.below(2) === 0 ? 3 : 400);
				await peer.send(bytes.subarray(at, end));
				at = end;
				if (random.below(3) === 0) await nextTurn();
			}

			await peer.shutdown();
		})();
		const got: string[] = [];
		const reading = (async () => {
			for (;;) {
				const frame = await readOrGiveUp(random);
				if (frame === null) return;
				if (frame !== undefined) got.push(frame);
			}
		})();
		await within(Promise.all([writing, reading]), `all frames of seed ${seed}`, patienceMs);
		t.deepEqual(got, sent);
		t.is(connection.stats.bytesRead, bytesOf(...sent).length);

		/** undefined: it was cancelled. */
		async function readOrGiveUp(next: Random): Promise<string | null | undefined> {
			const reason = new Error('given up');
			const controller = new AbortController();
			const isTimed = next.below(2) === 0;
			const call = framed.read(isTimed ? {timeout: next.below(3)} : {signal: controller.signal});
			if (!isTimed && next.below(2) === 0) {
				void nextTurn().then(() => {
					controller.abort(reason);
				});
			}

			try {
				return await call;
			} catch (error) {
				if (error === reason || (error instanceof TimeoutError && error.limitName === undefined))
					return undefined;
				throw error;
			}
		}
	}
});

function slowNowAndThen(random: Random): Codec<string> {
	return {
		...prefixed,
		decode(buffer) {
			const frame = prefixed.decode(buffer) as string | undefined;
			if (frame === undefined || random.below(3) > 0) return frame;
			return random.below(2) === 0 ? Promise.resolve(frame) : nextTurn().then(() => frame);
		},
	};
}

test('a frame of any length between nothing and the limit comes whole, one more is illegal', async t => {
	const {connection, peer} = await ownPair(t);
	const framed = connection.framed(prefixed);
	for (const length of [0, 1, 999, 1000]) {
		for (const byte of bytesOf('x'.repeat(length))) await peer.send(Buffer.of(byte));
		t.is((await framed.read())?.length, length);
	}

	for (const byte of bytesOf('x'.repeat(1001)).subarray(0, 2)) await peer.send(Buffer.of(byte));
	await t.throwsAsync(framed.read(), {code: 'ERR_TCP_PROTOCOL'});
});
