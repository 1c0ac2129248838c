import {Buffer} from 'node:buffer';
import {randomUUID} from 'node:crypto';
import {performance} from 'node:perf_hooks';
import test, {type ExecutionContext} from 'ava';
import {lines} from '../../src/codec/index.js';
import {connect, listen, type CloseInfo, type CoTcpConnection, type ServerStats} from '../../src/index.js';
import {EventLoop, onFrames, TcpServer, type TcpConnection} from '../../src/reactor/index.js';
import {checkDescriptors} from '../support/descriptors.js';
import {turns, until, within} from '../support/wait.js';

checkDescriptors(test);

/** Their ends take several slices, on any machine. */
const crowd = 300;
const limitMs = 1000;
const fewestRounds = 2;
/** More than the kernel's buffer of a unix socket holds. */
const flood = Buffer.alloc(512 * 1024, 'never read ');

type Limit = 'frameTimeout' | 'idleTimeout' | 'sendTimeout' | 'stallTimeout';
type Options = {path: string} & Partial<Record<Limit, number>>;

/** Of either face. */
interface Flooded {
	send(data: Buffer): unknown;
	readonly stats: {readonly bytesWritten: number};
}

/** What the crowd's server tells. */
interface Watcher {
	/** A peer has said hello. */
	onHello(connection: Flooded): void;
	onEnd(info: CloseInfo): void;
}

interface Victim {
	stats(): ServerStats;
	stop(): Promise<unknown>;
}

type Start = (options: Options, watcher: Watcher) => Promise<Victim>;

const coroutines: Start = async (options, watcher) => {
	const server = await listen(options, async connection => {
		void connection.closed.then(info => {
			watcher.onEnd(info);
		});
		for await (const line of connection.framed(lines())) {
			if (line === 'hello') watcher.onHello(connection);
		}
	});
	return {stats: () => server.stats, stop: async () => server.close({timeout: 0})};
};

const reactor: Start = async (options, watcher) => {
	const onFrame = (connection: TcpConnection, line: string): void => {
		if (line === 'hello') watcher.onHello(connection);
	};
	const server = new TcpServer(EventLoop.current(), options, {
		onMessage: onFrames(lines(), onFrame),
		onClose(_connection, info) {
			watcher.onEnd(info);
		},
	});
	await server.start();
	return {stats: () => server.stats, stop: async () => server.stop({timeout: 0})};
};

const somewhere = (): {path: string} => ({path: `\0cotcp-test-${randomUUID()}`});

/** One connection that sends a byte and awaits its echo, again and again. */
class Healthy {
	rounds = 0;
	#isOver = false;
	#running: Promise<void> | undefined;

	async start(): Promise<void> {
		const where = somewhere();
		const server = await listen(where, async connection => {
			for await (const chunk of connection) await connection.send(chunk);
		});
		const client = await connect(where);
		this.#running = (async () => {
			for (; !this.#isOver; this.rounds++) {
				await client.send('x');
				await client.read();
			}

			await client.close();
			await server.close();
		})();
	}

	async stop(): Promise<void> {
		this.#isOver = true;
		await this.#running;
	}
}

/** What the loop does meanwhile is done afterwards, all at once. */
function block(ms: number): void {
	const end = performance.now() + ms;
	while (performance.now() < end);
}

async function meetLimit(t: ExecutionContext, limit: Limit, start: Start): Promise<void> {
	const healthy = new Healthy();
	await healthy.start();
	const ends: Array<{rounds: number; info: CloseInfo}> = [];
	const known: Flooded[] = [];
	const watcher: Watcher = {
		onHello: connection => {
			known.push(connection);
		},
		onEnd: info => {
			ends.push({rounds: healthy.rounds, info});
		},
	};
	const where = somewhere();
	const victim = await start({...where, [limit]: limitMs}, watcher);
	const peers: CoTcpConnection[] = [];
	for (let peer = 0; peer < crowd; peer++) peers.push(await connect(where));
	for (const peer of peers) await peer.send(limit === 'frameTimeout' ? 'hello\nhalf a li' : 'hello\n');
	await until(() => known.length === crowd, 'all have come');
	// Here, as all have to be blocked before anybody looks at one of them.
	if (limit === 'sendTimeout' || limit === 'stallTimeout') {
		for (const connection of known) void connection.send(flood);
		// Else those whose turn has not come yet are ahead of the echo.
		await until(() => known.every(({stats}) => stats.bytesWritten > 0), 'the kernel has had all it takes');
	}

	await turns(3);
	block(limitMs + 20);
	await until(() => ends.length === crowd, 'all have ended');
	await within(healthy.stop(), 'the echo goes on');
	for (const peer of peers) peer.reset();
	t.is(victim.stats().ended[limit], crowd);
	for (const {info} of ends) t.true(info.durationMs >= limitMs);
	const between = (ends.at(-1)?.rounds ?? 0) - (ends[0]?.rounds ?? 0);
	t.true(between >= fewestRounds, `${between} rounds from the first end to the last`);
	await victim.stop();
}

const doesNotHoldUp = test.macro({
	exec: meetLimit,
	title: (face = '', limit) => `a crowd past its ${limit} at once does not hold up the others, ${face}`,
});

for (const limit of ['frameTimeout', 'idleTimeout', 'sendTimeout', 'stallTimeout'] as const) {
	test.serial('coroutine face', doesNotHoldUp, limit, coroutines);
	test.serial('reactor face', doesNotHoldUp, limit, reactor);
}
