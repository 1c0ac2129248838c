import test from 'ava';
import {Child} from '../support/process-child.js';
import {RawClients} from '../support/process-raw-client.js';

const bytes = 20 * 2 ** 20;

interface LastWords {
	readonly what: 'posted' | 'thrown' | 'shutdown' | 'close' | 'server';
	readonly peers: number;
	readonly code: number;
}

const delivers = test.macro(async (t, {what, peers, code}: LastWords) => {
	const child = Child.start(t, 'last-words', [what, String(peers)]);
	const {port} = await child.next<{port: number}>();
	const clients = await RawClients.connect(t, port, peers);
	await child.next();
	await clients.send('question');
	const isSmall = what === 'posted' || what === 'thrown';
	for (const result of await clients.read()) {
		t.is(result.end, 'end');
		if (isSmall) t.is(result.head, 'posted answer');
		else t.is(result.bytes, bytes);
	}

	t.like(await child.exited, {code, signal: null}, child.stderr);
});

test.serial('small sends that are only posted are delivered when the process exits in the same batch', delivers, {
	what: 'posted',
	peers: 3,
	code: 0,
});
test.serial('small sends that are only posted are delivered when something throws in the same batch', delivers, {
	what: 'thrown',
	peers: 3,
	code: 1,
});
test.serial('everything is delivered when the process exits after shutdown', delivers, {
	what: 'shutdown',
	peers: 1,
	code: 0,
});
test.serial('everything is delivered when the process exits after close', delivers, {what: 'close', peers: 1, code: 0});
test.serial('everything is delivered when the process exits after the close of the server', delivers, {
	what: 'server',
	peers: 1,
	code: 0,
});
