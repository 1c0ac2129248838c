import {execFile, spawn, spawnSync} from 'node:child_process';
import {performance} from 'node:perf_hooks';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {sleep, type ServerStats} from '../../src/index.js';
import {Child, type ChildOptions} from '../support/process-child.js';
import {dial, dialMany, until, type Peer, type PeerEnd} from '../support/server-peers.js';

interface Told extends ServerStats {
	readonly errors: ReadonlyArray<{name: string; code: string; syscall: string; hasConnection: boolean}>;
	readonly cpuMs: number;
}

class Server {
	private constructor(
		readonly child: Child,
		readonly port: number,
	) {}

	static async start(t: ExecutionContext, how: 'handler' | 'accept', options: ChildOptions): Promise<Server> {
		const child = Child.start(t, 'few-descriptors', [how], options);
		return new Server(child, await child.next<number>());
	}

	async stats(): Promise<Told> {
		this.child.tell('stats');
		return this.child.next<Told>();
	}
}

async function echoes(peer: Peer, text: string): Promise<boolean> {
	const before = peer.length;
	peer.send(text);
	return (await peer.received(before + text.length)).toString().endsWith(text);
}

const measuredMs = 1000;

/** 50 who come again as soon as they have been refused. */
const stubborn = `import select, socket, sys
def dial():
    peer = socket.socket()
    peer.setblocking(False)
    peer.connect_ex(("127.0.0.1", int(sys.argv[1])))
    return peer
peers = [dial() for _ in range(50)]
while True:
    refused, _, _ = select.select(peers, [], [])
    for peer in refused: peer.close()
    peers = [dial() if peer in refused else peer for peer in peers]`;

const survivesFew = test.macro(async (t, how: 'handler' | 'accept') => {
	const server = await Server.start(t, how, {descriptors: 64});
	const live = await dialMany(5, server.port);
	for (const peer of live) t.true(await echoes(peer, 'first'));

	// 500 who want in: some find room, the others are told so at once.
	const ends: PeerEnd[] = [];
	const crowd = await dialMany(500, server.port);
	for (const peer of crowd) void peer.ended.then(end => ends.push(end));
	await until('many are refused', () => ends.length > 400);
	t.deepEqual(new Set(ends), new Set(['ECONNRESET']));

	// Meanwhile the live ones go on, and the loop is idle in between.
	const before = await server.stats();
	const storm = spawn('python3', ['-c', stubborn, String(server.port)], {stdio: ['ignore', 'ignore', 'inherit']});
	t.teardown(() => {
		storm.kill('SIGKILL');
	});
	const startedAt = performance.now();
	for (let pings = 0; performance.now() - startedAt < measuredMs; pings++) {
		for (const peer of live) t.true(await echoes(peer, `ping ${pings}`));
		await sleep(20);
	}

	const during = await server.stats();
	const cpuShare = (during.cpuMs - before.cpuMs) / (performance.now() - startedAt);
	storm.kill('SIGKILL');
	t.log(`${Math.round(cpuShare * 100)} % of a core, ${during.acceptErrors - before.acceptErrors} refused`);
	t.true(cpuShare < 0.2, `the server used ${Math.round(cpuShare * 100)} % of a core`);

	// Refused and told of.
	t.true(during.acceptErrors >= ends.length, `${during.acceptErrors} for ${ends.length}`);
	t.true(during.errors.length > 0);
	t.true(during.errors.length < during.acceptErrors); // one per pause, not one per peer
	for (const error of during.errors) {
		t.deepEqual(error, {name: 'ResourceError', code: 'EMFILE', syscall: 'accept', hasConnection: false});
	}

	// Room again.
	for (const peer of crowd) peer.destroy();
	for (let tries = 0; ; tries++) {
		const peer = await dial(server.port);
		if (await echoes(peer, 'again').catch(() => false)) break;
		if (tries > 100) t.fail('nobody is accepted any more');
		await sleep(10);
	}

	const after = await server.stats();
	await sleep(300);
	t.is((await server.stats()).errors.length, after.errors.length); // and no more trouble
	for (const peer of live) t.true(await echoes(peer, 'last'));
	server.child.kill('SIGKILL');
});

test.serial('a server with 64 descriptors and 500 peers goes on', survivesFew, 'handler');
test.serial(
	'a server with 64 descriptors and 500 peers goes on where connections are taken by accept',
	survivesFew,
	'accept',
);

// errors of accept4, made by strace

const hasStrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

const survives = test.macro(async (t, code: string, isTold: boolean) => {
	if (!hasStrace) {
		if (process.env['CI'] === 'true') t.fail('strace is missing, or may not trace');
		else t.log('skipped: strace is missing, or may not trace');
		t.pass();
		return;
	}

	// The second accept4 and every third after it fails: those that find nobody waiting any more.
	const under = [
		'strace',
		'-f',
		'-qq',
		'-o',
		'/dev/null',
		'-e',
		'trace=accept4',
		'-e',
		`inject=accept4:error=${code}:when=2+3`,
	];
	const server = await Server.start(t, 'handler', {under});
	for (let number = 0; number < 30; number++) {
		const peer = await dial(server.port);
		t.true(await echoes(peer, `peer ${number}`));
		peer.destroy();
	}

	const {accepted, errors} = await server.stats();
	t.is(accepted, 30);
	if (isTold) for (const error of errors) t.like(error, {code, name: 'ResourceError', hasConnection: false});
	t.is(errors.length > 0, isTold);
	server.child.finish();
});

for (const code of ['ECONNABORTED', 'EINTR', 'EPROTO', 'ENETDOWN', 'EHOSTUNREACH', 'EPERM', 'ENFILE'])
	test.serial(`a server goes on after an accept that fails with ${code}`, survives, code, false);
for (const code of ['ENOBUFS', 'ENOMEM'])
	test.serial(`a server goes on after an accept that fails with ${code}, which is told`, survives, code, true);

// many

test.serial('a server serves 5,000 connections at once', async t => {
	const {stdout} = await promisify(execFile)('sh', ['-c', 'ulimit -Hn']);
	const hardLimit = stdout.trim() === 'unlimited' ? Infinity : Number(stdout);
	const wanted = 5000;
	const count = Math.min(wanted, hardLimit - 200);
	if (count < wanted) t.log(`only ${count}: the hard limit of descriptors is ${hardLimit}`);
	t.true(count > 500);
	const server = await Server.start(t, 'handler', {descriptors: count + 200});
	const script = `import socket, sys, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[2]) + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
peers = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(int(sys.argv[2]))]
right = 0
for round in range(3):
    for number, peer in enumerate(peers): peer.sendall(b"%6d" % number)
    for number, peer in enumerate(peers): right += peer.recv(6) == b"%6d" % number
for peer in peers: peer.shutdown(socket.SHUT_WR)
clean = sum(peer.recv(1) == b"" for peer in peers)
print(right, clean)`;
	const served = await promisify(execFile)('python3', ['-c', script, String(server.port), String(count)]);
	t.is(served.stdout.trim(), `${count * 3} ${count}`);
	const stats = await server.stats();
	t.like(stats, {accepted: count, open: 0, acceptErrors: 0, handlerErrors: 0});
	t.is(stats.ended.closed, count);
	server.child.kill('SIGKILL');
});
