import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdirSync, readlinkSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {connect, sleep} from '../../src/index.js';
import {dialMany, serve, until} from '../support/server-peers.js';

/** What the descriptors of a process are, by number. */
function descriptorsOf(pid: number): Map<string, string> {
	const directory = `/proc/${pid}/fd`;
	const links = new Map<string, string>();
	for (const descriptor of readdirSync(directory)) {
		try {
			links.set(descriptor, readlinkSync(`${directory}/${descriptor}`));
		} catch {
			// closed by now: the one that listed them
		}
	}

	return links;
}

/** What a program that starts opens for a moment, to load its libraries. */
const ofTheLoader = /^\/(?:etc|lib|lib64|usr)\//u;

/** What a child process has that is started now. */
async function inherited(t: ExecutionContext): Promise<string[]> {
	const child = spawn('sleep', ['60'], {stdio: 'ignore'});
	t.teardown(() => {
		child.kill('SIGKILL');
	});
	await once(child, 'spawn');
	const found = [...descriptorsOf(child.pid as number)].filter(([, link]) => !ofTheLoader.test(link));
	return found.map(([number, link]) => `${number}: ${link}`);
}

test('a child process inherits no descriptor of listeners, connections, loop and timers', async t => {
	const before = await inherited(t); // what this process has itself inherited is not ours
	const server = await serve(t, async connection => {
		await connection.read();
	});
	await dialMany(20, server.address);
	const connections = await Promise.all(
		Array.from({length: 20}, () => connect({port: server.address.port, host: '127.0.0.1'})),
	);
	await until('all are accepted', () => server.stats.open === 40);
	const sleeping = sleep(100);
	t.deepEqual(await inherited(t), before);
	const mine = [...descriptorsOf(process.pid).values()];
	t.true(mine.filter(link => link.startsWith('socket:')).length >= 61); // the look itself works
	t.true(mine.includes('anon_inode:[timerfd]'));
	await sleeping;
	for (const connection of connections) connection.reset();
});

test('a peer sees the end of a connection although a child process was started meanwhile', async t => {
	const server = await serve(t, async connection => {
		await connection.readLine();
		const child = spawn('sleep', ['60'], {stdio: 'ignore'});
		t.teardown(() => {
			child.kill('SIGKILL');
		});
		await once(child, 'spawn');
	});
	const [peer] = await dialMany(1, server.address);
	peer?.send('go\n');
	t.is(await peer?.ended, 'end');
});
