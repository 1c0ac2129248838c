/** A call that writes is given up in its turn, while it waits for something of its own: a message that is being encoded, a file that is being opened. */
import {fileURLToPath} from 'node:url';
import test from 'ava';
import type {CoTcpConnection, OperationOptions} from '../../src/index.js';
import type {Codec} from '../../src/codec/index.js';
import {ownPair} from '../support/pairs.js';
import {reasonOf, within} from '../support/wait.js';

const ownFile = fileURLToPath(import.meta.url);

/** Its encoder never comes to an end. */
const neverEncoded: Codec<string> = {
	decode: () => undefined,
	encode: async () => new Promise<string>(() => {}),
};

/** Sends that have to wait for something of their own. */
const rows: Record<string, (connection: CoTcpConnection, options: OperationOptions) => Promise<unknown>> = {
	'a frame that is being encoded': async (connection, options) =>
		connection.framed(neverEncoded).send('never', options),
	'a file that is being opened': async (connection, options) => connection.sendFile(ownFile, options),
};

for (const [what, start] of Object.entries(rows)) {
	test(`${what}, aborted in its turn: those behind it go on, in order`, async t => {
		const {connection, peer} = await ownPair(t);
		const controller = new AbortController();
		const given = reasonOf(start(connection, {signal: controller.signal}));
		const behind = [connection.send('one '), connection.send('two'), connection.flush(), connection.shutdown()];
		controller.abort('enough');
		t.is(await given, 'enough');
		await within(Promise.all(behind), 'the calls behind it');
		t.is((await peer.readAll()).toString(), 'one two');
		t.is(connection.stats.pendingBytes, 0);
	});
}

test('a frame that is being encoded, out of time in its turn: another one that waits has the turn, and keeps it', async t => {
	const {connection, peer} = await ownPair(t);
	let finish: ((bytes: string) => void) | undefined;
	const framed = connection.framed<never, string>({
		decode: () => undefined,
		encode: async () =>
			new Promise<string>(resolve => {
				finish = resolve;
			}),
	});
	const late = reasonOf(framed.send('late', {timeout: 1}));
	const next = framed.send('next');
	const last = connection.send('last');
	t.is(((await late) as Error).name, 'TimeoutError');
	finish?.('next ');
	await within(Promise.all([next, last]), 'the calls behind it');
	t.is((await peer.readExactly(9)).toString(), 'next last');
});
