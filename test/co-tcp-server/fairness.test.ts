import {Buffer} from 'node:buffer';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {performance} from 'node:perf_hooks';
import {Worker} from 'node:worker_threads';
import test, {type ExecutionContext} from 'ava';
import {connect, sleep, type ConnectionHandler} from '../../src/index.js';
import {isSanitized} from '../support/scale.js';
import {dial, serve, until} from '../support/server-peers.js';

/** A peer that always has data, in a process of its own. */
const firehose = `import socket, sys
peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
chunk = b"x" * int(sys.argv[2])
try:
    while True: peer.sendall(chunk)
except OSError: pass`;

/** A peer that always takes what is sent to it. */
const drain = `import socket, sys
peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
peer.sendall(b"d")
try:
    while peer.recv(1 << 20): pass
except OSError: pass`;

/** The same, without as much as a copy: TCP drops what is received with MSG_TRUNC (tcp(7)). */
const drop = `import socket, sys
peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
peer.sendall(b"d")
room = bytearray(1 << 24)
try:
    while peer.recv_into(room, 0, socket.MSG_TRUNC): pass
except OSError: pass`;

const measuredMs = 1000;
const timerMs = 10;
/** Of the ticks that an idle thread on the same machine gets, so many must still come, unless the machine gave too little time. */
const leastShare = 0.5;
/**
 * Between two ticks of a timer, and between two pings, the flood may take so much of the processor's time; a turn is a few. This
 * counts what the machine gave to this process, not how long it kept it waiting. Where a loop is starved it takes all there is.
 */
const mostCpuMs = isSanitized ? 150 : 40;

/** A thread that does nothing but count ticks: what the machine, which others use as well, has to give. */
const idleThread = `const {parentPort} = require('node:worker_threads');
let ticks = 0;
setInterval(() => ticks++, ${timerMs});
parentPort.on('message', () => {
	parentPort.postMessage(ticks);
	ticks = 0;
});`;

function burn(microseconds: number): void {
	const until = performance.now() + microseconds / 1000;
	while (performance.now() < until);
}

interface Progress {
	/** Ticks of the idle thread. */
	readonly possible: number;
	/** What all threads of this process took, ms. */
	readonly cpuMs: number;
	readonly intervals: number;
	readonly sleeps: number;
	readonly pings: number;
}

/** What timers and another connection get done while the server is flooded. */
async function measure(port: number): Promise<Progress> {
	const idle = new Worker(idleThread, {eval: true});
	idle.postMessage('begin');
	await once(idle, 'message');
	// To be accepted it has to wait for all who came before it, which may be a full backlog, and longer where the kernel drops its SYN.
	const peer = await connect({port, host: '127.0.0.1'});
	const ping = async (): Promise<void> => {
		await peer.send('ping');
		await peer.readExactly(4);
	};
	await ping();
	let intervals = 0;
	let sleeps = 0;
	let pings = 0;
	idle.postMessage('begin again');
	await once(idle, 'message');
	const cpuBefore = process.cpuUsage();
	const end = performance.now() + measuredMs;
	const interval = setInterval(() => {
		intervals++;
	}, timerMs);
	const sleeping = (async () => {
		for (; performance.now() < end; sleeps++) await sleep(timerMs);
	})();
	for (; performance.now() < end; pings++) await ping();

	await sleeping;
	clearInterval(interval);
	const {user, system} = process.cpuUsage(cpuBefore);
	idle.postMessage('end');
	const [possible] = (await once(idle, 'message')) as [number];
	await idle.terminate();
	await peer.close();
	return {possible, cpuMs: (user + system) / 1000, intervals, sleeps, pings};
}

/** Nobody was starved, whatever else the machine had to do. */
function checkProgress(t: ExecutionContext, progress: Progress, log: Record<string, number>): void {
	const {possible, cpuMs, intervals, sleeps, pings} = progress;
	t.log({...progress, ...log});
	const granted = cpuMs / mostCpuMs;
	const leastTicks = Math.min(possible * leastShare, granted);
	t.true(intervals >= leastTicks, `setInterval fired ${intervals} times`);
	t.true(sleeps >= leastTicks * 0.8, `sleep ended ${sleeps} times`); // each begins when the last has ended
	t.true(pings >= granted, `${pings} pings`);
}

function startPeers(t: ExecutionContext, count: number, script: string, ...parameters: string[]): void {
	for (let number = 0; number < count; number++) {
		const child = spawn('python3', ['-c', script, ...parameters], {stdio: ['ignore', 'ignore', 'inherit']});
		t.teardown(() => {
			child.kill('SIGKILL');
		});
	}
}

/** Answers pings; whoever sends something else is for `flood`. */
function serves(flood: ConnectionHandler): ConnectionHandler {
	return async connection => {
		if ((await connection.peek(1))?.toString() !== 'p') return flood(connection);
		for await (const chunk of connection) await connection.send(chunk);
	};
}

interface Flood {
	readonly script: string;
	readonly chunkBytes: number;
	readonly handler: ConnectionHandler;
}

const isFair = test.macro(async (t, {script, chunkBytes, handler}: Flood) => {
	let flooding = 0;
	const server = await serve(
		t,
		serves(async connection => {
			flooding++;
			await handler(connection);
		}),
	);
	startPeers(t, 4, script, String(server.address.port), String(chunkBytes));
	await until('the floods have begun', () => flooding === 4);
	const before = server.stats;
	const progress = await measure(server.address.port);
	const moved = server.stats.bytesRead + server.stats.bytesWritten - before.bytesRead - before.bytesWritten;
	checkProgress(t, progress, {mebibytes: Math.round(moved / 2 ** 20)});
	t.true(moved > 2 ** 20, 'there was no flood');
});

test.serial('reading 64 KiB chunks from peers that always have data starves nobody', isFair, {
	script: firehose,
	chunkBytes: 65_536,
	handler: async connection => {
		while ((await connection.read()) !== null);
	},
});
test.serial('reading 1 KiB chunks with 50 us of work each starves nobody', isFair, {
	script: firehose,
	chunkBytes: 1024,
	handler: async connection => {
		while ((await connection.read({max: 1024})) !== null) burn(50);
	},
});
test.serial('iterating over peers that always have data starves nobody', isFair, {
	script: firehose,
	chunkBytes: 65_536,
	handler: async connection => {
		for await (const {length} of connection) burn(length > 0 ? 10 : 0);
	},
});
test.serial('reading into one view again and again starves nobody', isFair, {
	script: firehose,
	chunkBytes: 65_536,
	handler: async connection => {
		const view = Buffer.alloc(4096);
		while ((await connection.readInto(view)) !== null) burn(20);
	},
});
test.serial('reading many messages out of one chunk starves nobody', isFair, {
	script: firehose,
	chunkBytes: 65_536,
	handler: async connection => {
		for (;;) {
			await connection.readExactly(64);
			burn(5);
		}
	},
});
test.serial('sending to peers that always take it starves nobody', isFair, {
	script: drain,
	chunkBytes: 0,
	handler: async connection => {
		const chunk = Buffer.alloc(65_536);
		for (;;) await connection.send(chunk);
	},
});
const huge = Buffer.alloc(256 * 1024 * 1024);
test.serial('a send of 256 MiB to peers that always take it starves nobody', isFair, {
	script: drop,
	chunkBytes: 0,
	handler: async connection => {
		for (;;) await connection.send(huge);
	},
});
test.serial('small sends to peers that always take them starve nobody', isFair, {
	script: drain,
	chunkBytes: 0,
	handler: async connection => {
		const chunk = Buffer.alloc(1024);
		for (;;) {
			await connection.send(chunk);
			burn(20);
		}
	},
});

test.serial('accepting one peer after the other starves nobody', async t => {
	const server = await serve(t, async connection => {
		if ((await connection.readExactly(1)).toString() === 'p') {
			await connection.send('ping');
			await connection.discard(3);
			for await (const chunk of connection) await connection.send(chunk);
		}

		connection.reset();
	});
	const storm = `import socket, struct, sys
while True:
    try:
        peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        peer.sendall(b"x")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
    except OSError: pass`;
	startPeers(t, 1, storm, String(server.address.port));
	await until('the storm has begun', () => server.stats.accepted > 100);
	checkProgress(t, await measure(server.address.port), {accepted: server.stats.accepted});
	(await dial(server.address)).reset();
});
