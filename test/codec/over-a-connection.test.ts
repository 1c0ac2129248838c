import {Buffer} from 'node:buffer';
import test from 'ava';
import {compressed, delimiter, fixedLength, lengthPrefixed, lines, type Codec} from '../../src/codec/index.js';
import {LimitError, ProtocolError} from '../../src/index.js';
import {pattern} from '../support/bytes.js';
import {ownPair} from '../support/pairs.js';
import {within} from '../support/wait.js';

/** Frames of many sizes, some of them bigger than the kernel's buffers. */
const sizes = [1, 2, 100, 1023, 1024, 4096, 70_000, 1, 3_000_000, 5];
const texts = sizes.map((size, index) => String.fromCodePoint(97 + index).repeat(Math.min(size, 60_000)));
const bodies = sizes.map((size, index) => pattern(size, index));

const rows: ReadonlyArray<readonly [string, Codec<Buffer | string, string>, readonly string[]]> = [
	['lines', lines(), texts],
	['lines with CRLF', lines({eol: '\r\n'}), texts],
	['delimiter', delimiter('--end--'), texts],
	['lengthPrefixed', lengthPrefixed(), texts],
	['lengthPrefixed with a varint', lengthPrefixed({lengthFieldLength: 'varint', byteOrder: 'LE'}), texts],
	['compressed', compressed(), texts],
	['fixedLength', fixedLength(1000), Array.from({length: 3000}, (_, index) => String(index % 10).repeat(1000))],
];

for (const [name, codec, frames] of rows) {
	test(`${name}: frames come over a connection as they were sent`, async t => {
		const {connection, peer} = await ownPair(t);
		const sending = (async () => {
			const out = connection.framed(codec);
			for (const frame of frames.slice(0, 3)) await out.send(frame);
			await out.sendAll(frames.slice(3));
			await connection.shutdown();
		})();
		let count = 0;
		for await (const frame of peer.framed(codec)) {
			if (String(frame) !== frames[count]) t.fail(`frame ${count} is another one`);
			count++;
		}

		t.is(count, frames.length);
		await within(sending, 'the sender');
	});
}

test('bytes come as they were sent, compressed where that helps, from several senders in turn', async t => {
	for (const codec of [lengthPrefixed(), compressed()]) {
		const {connection, peer} = await ownPair(t, {maxPendingBytes: Infinity});
		const out = connection.framed(codec);
		const sending = Promise.all(bodies.map(async body => out.send(body))).then(async () => connection.shutdown());
		let count = 0;
		for await (const frame of peer.framed(codec)) {
			if (!frame.equals(bodies[count] as Buffer)) t.fail(`frame ${count} is another one`);
			count++;
		}

		t.is(count, bodies.length);
		await sending;
	}
});

test('an illegal frame ends the connection, and the peer sees a reset', async t => {
	for (const [codec, bytes, error] of [
		[lengthPrefixed(), Buffer.from('ffffffff', 'hex'), LimitError],
		[lengthPrefixed(), Buffer.alloc(4), ProtocolError],
		[lines({maxLength: 5}), Buffer.from('123456'), LimitError],
		[delimiter('\0', {maxLength: 5}), Buffer.from('123456'), LimitError],
		[compressed(), Buffer.alloc(25, 2), ProtocolError],
		[compressed(), Buffer.concat([Buffer.of(1, 100, 0, 0, 0, 20, 0, 0, 0), Buffer.alloc(36)]), ProtocolError],
	] as ReadonlyArray<readonly [Codec<unknown, string>, Buffer, typeof LimitError | typeof ProtocolError]>) {
		const {connection, peer} = await ownPair(t);
		await connection.send(bytes);
		await t.throwsAsync(within(peer.framed(codec).read(), 'the frame'), {instanceOf: error});
		t.is((await within(peer.closed, 'the end')).reason, 'protocol');
		await t.throwsAsync(within(connection.read(), 'the reset'), {code: 'ECONNRESET'});
	}
});
