import {readFileSync} from 'node:fs';
import test from 'ava';
import {isSanitized, isSoak} from '../support/scale.js';
import {EchoClient, EchoServer, echoBlock} from './readme-echo.js';

const MiB = 2 ** 20;

const mostLines = 10;
const volume = (isSoak ? 1024 : 128) * MiB;
const connections = 5000;
const sparedDescriptors = 200;
const offered = 256 * MiB;
/** A sanitizer keeps what has been freed for a while. */
const mostMemory = (isSanitized ? 700 : 150) * MiB;

function hardDescriptorLimit(): number {
	const limits = readFileSync('/proc/self/limits', 'utf8');
	const hard = /^Max open files\s+\S+\s+(?<hard>\S+)/mu.exec(limits)?.groups?.['hard'];
	return hard === 'unlimited' ? Infinity : Number(hard);
}

const neededDescriptors = connections + sparedDescriptors;
const hasDescriptors = hardDescriptorLimit() >= neededDescriptors;
const testMany = hasDescriptors || process.env['COTCP_CI'] === '1' ? test.serial : test.serial.skip;
const whySkipped = hasDescriptors ? '' : ` (needs ulimit -Hn ${neededDescriptors})`;

test('the echo server of the README has ten lines', t => {
	t.true(echoBlock().code.trimEnd().split('\n').length <= mostLines);
});

test.serial(
	`the echo server of the README echoes ${volume / MiB} MiB to Python's sockets, with equal hashes`,
	async t => {
		const server = await EchoServer.start(t);
		const client = new EchoClient(t, 'volume', server, volume);
		t.deepEqual(await client.next(), {sent: volume, received: volume, equal: true});
	},
);

testMany(`the echo server of the README serves ${connections} connections at once${whySkipped}`, async t => {
	const server = await EchoServer.start(t);
	const client = new EchoClient(t, 'many', server, connections);
	t.deepEqual(await client.next(), {open: connections, equal: connections});
	client.proceed();
	t.deepEqual(await client.next(), {ends: connections});
});

test.serial(
	'a peer of the README echo server that reads nothing stalls itself, and the memory stays bounded',
	async t => {
		const server = await EchoServer.start(t);
		const client = new EchoClient(t, 'stall', server, offered);
		const {sent} = (await client.next()) as {sent: number};
		t.true(sent < offered, `all ${sent} bytes were taken, though nobody reads the echo`);
		t.true(server.peakMemory() < mostMemory, `peak memory ${server.peakMemory() / MiB} MiB`);

		client.proceed();
		t.deepEqual(await client.next(), {received: sent, equal: true});
		t.true(server.peakMemory() < mostMemory, `peak memory ${server.peakMemory() / MiB} MiB`);
	},
);
