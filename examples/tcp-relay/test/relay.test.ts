import test from 'ava';
import {connect, listen, TimeoutError, type CoTcpConnection} from 'cotcp';
import {isSoak} from '../../../test/support/scale.js';
import {countSockets, socketsAre} from '../../shared/process-facts.js';
import {
	dial,
	host,
	KiB,
	MiB,
	news,
	randomBytes,
	readToEnd,
	runRelay,
	serveUpstream,
	standsStill,
	startRelay,
	styleNames,
	type Ending,
} from './support.js';

const randomUpTo = (most: number) => Math.floor(Math.random() * (most + 1));

for (const style of styleNames) {
	test.serial(`${style}: half-close of the client goes through, and the answer comes back`, async t => {
		await using upstream = await serveUpstream(async connection => {
			const {bytes} = await readToEnd(connection);
			await connection.send(bytes.reverse());
		});
		await using relay = await startRelay(style, upstream.address.port);
		await using client = await dial(relay);
		const question = randomBytes(3 * MiB);
		await client.send(question);
		await client.shutdown();
		const {ending, bytes} = await readToEnd(client);
		t.is(ending, 'end');
		t.true(bytes.equals(question.reverse()));
		t.is((await client.closed).reason, 'closed');
	});

	test.serial(`${style}: half-close of the upstream goes through, and the client may still send`, async t => {
		const {told, tell} = news<Ending>();
		await using upstream = await serveUpstream(async connection => {
			await connection.send('that is all');
			await connection.shutdown();
			tell(await readToEnd(connection));
		});
		await using relay = await startRelay(style, upstream.address.port);
		await using client = await dial(relay);
		t.is(String((await readToEnd(client)).bytes), 'that is all');
		const rest = randomBytes(3 * MiB);
		await client.send(rest);
		await client.shutdown();
		const {ending, bytes} = await told;
		t.is(ending, 'end');
		t.true(bytes.equals(rest));
		t.is((await client.closed).reason, 'closed');
	});

	test.serial(`${style}: a reset of the upstream, at random bytes, is a reset for the client`, async t => {
		const content = randomBytes(2 * MiB);
		await using upstream = await serveUpstream(async connection => {
			await connection.send(content.subarray(0, randomUpTo(content.length)));
			connection.reset();
		});
		await using relay = await startRelay(style, upstream.address.port);
		const rounds = Array.from({length: isSoak ? 60 : 8}, async () => {
			await using client = await dial(relay);
			return await readToEnd(client);
		});
		for (const {ending, bytes} of await Promise.all(rounds)) {
			t.is(ending, 'broken');
			t.true(bytes.equals(content.subarray(0, bytes.length)));
		}
	});

	test.serial(`${style}: a reset of the client, at random bytes, is a reset for the upstream`, async t => {
		const content = randomBytes(2 * MiB);
		const endings: Ending[] = [];
		const {told, tell} = news<undefined>();
		const count = isSoak ? 60 : 8;
		await using upstream = await serveUpstream(async connection => {
			endings.push(await readToEnd(connection));
			if (endings.length === count) tell(undefined);
		});
		await using relay = await startRelay(style, upstream.address.port);
		for (let round = 0; round < count; round++) {
			const client = await dial(relay);
			// One whose upstream is not there yet goes without a trace, as it should.
			await client.send('x');
			while (upstream.connections.size + endings.length <= round) await new Promise(setImmediate);
			await client.send(content.subarray(0, randomUpTo(content.length)));
			client.reset();
		}

		await told;
		for (const {ending, bytes} of endings) {
			t.is(ending, 'broken');
			t.true(bytes.subarray(1).equals(content.subarray(0, Math.max(0, bytes.length - 1))));
		}
	});

	test.serial(`${style}: what the upstream sends right before its reset arrives`, async t => {
		await using upstream = await serveUpstream(async connection => {
			await connection.readLine();
			await connection.send('413 too large');
			connection.reset();
		});
		await using relay = await startRelay(style, upstream.address.port);
		for (let round = 0; round < (isSoak ? 20 : 8); round++) {
			await using client = await dial(relay);
			await client.send('a question\n');
			const {ending, bytes} = await readToEnd(client);
			t.is(ending, 'broken');
			t.is(String(bytes), '413 too large');
		}
	});

	test.serial(`${style}: a reset behind a half-close goes through as well`, async t => {
		const {told, tell} = news<string>();
		await using upstream = await serveUpstream(async connection => {
			t.is(await connection.read(), null);
			await connection.send('your end has come');
			tell((await connection.closed).reason);
		});
		await using relay = await startRelay(style, upstream.address.port);
		const client = await dial(relay);
		await client.shutdown();
		t.is(String(await client.read()), 'your end has come');
		client.reset();
		t.is(await told, 'broken');
	});

	test.serial(`${style}: a reset reaches an upstream that does not read`, async t => {
		const {told, tell} = news<string>();
		await using upstream = await serveUpstream(async connection => {
			tell((await connection.closed).reason);
		});
		await using relay = await startRelay(style, upstream.address.port);
		const idle = await countSockets(relay.pid);
		const client = await dial(relay);
		// More than all buffers on the way hold.
		void client.send(Buffer.alloc(128 * MiB));
		await standsStill(() => client.stats.bytesWritten);
		client.reset();
		t.is(await told, 'broken');
		await socketsAre(relay.pid, idle);
		t.pass();
	});

	test.serial(`${style}: an upstream that refuses resets the client, and is told of`, async t => {
		const upstream = await serveUpstream(() => {});
		const {port} = upstream.address;
		await using relay = await startRelay(style, port);
		const idle = await countSockets(relay.pid);
		await upstream.close();
		await using client = await dial(relay);
		t.is((await readToEnd(client)).ending, 'broken');
		await relay.tells(new RegExp(`^127\\.0\\.0\\.1:${client.localAddress.port}: .*ECONNREFUSED.*:${port}\n$`));
		await socketsAre(relay.pid, idle);
		t.pass();
	});

	test.serial(
		`${style}: a client that goes, or a stop, ends the dialling of an upstream that does not answer`,
		async t => {
			// Nobody accepts, and the backlog is full: the kernel drops what asks for a connection.
			await using upstream = await listen({port: 0, host, backlog: 1});
			const {port} = upstream.address;
			const waiting: CoTcpConnection[] = [];
			await t.throwsAsync(
				async () => {
					for (;;) waiting.push(await connect({port, host, timeout: 500}));
				},
				{instanceOf: TimeoutError},
			);
			await using relay = await startRelay(style, port);
			const idle = await countSockets(relay.pid);
			const dialled = idle + 2;
			const client = await dial(relay);
			await socketsAre(relay.pid, dialled);
			client.reset();
			await socketsAre(relay.pid, idle);
			await using other = await dial(relay);
			await socketsAre(relay.pid, dialled);
			t.is(await relay.stop('SIGTERM'), 0);
			t.is((await readToEnd(other)).ending, 'broken');
			t.is(relay.errors(), '');
			for (const connection of waiting) connection.reset();
		},
	);

	test.serial(`${style}: 500 connections at once, and all descriptors are back`, async t => {
		const count = 500;
		const all = news<undefined>();
		let open = 0;
		await using upstream = await serveUpstream(async connection => {
			if (++open === count) all.tell(undefined);
			await all.told;
			for await (const chunk of connection) await connection.send(chunk);
		});
		await using relay = await startRelay(style, upstream.address.port);
		const idle = await countSockets(relay.pid);
		const rounds = Array.from({length: count}, async () => {
			await using client = await dial(relay);
			const content = randomBytes(10 * KiB);
			await client.send(content);
			await client.shutdown();
			const {ending, bytes} = await readToEnd(client);
			return ending === 'end' && bytes.equals(content);
		});
		const most = all.told.then(async () => countSockets(relay.pid));
		t.true((await Promise.all(rounds)).every(Boolean));
		t.true((await most) >= count);
		await socketsAre(relay.pid, idle);
		t.is(relay.errors(), '');
	});

	test.serial(`${style}: both sides over IPv6`, async t => {
		await using upstream = await serveUpstream(async connection => {
			for await (const chunk of connection) await connection.send(chunk);
		}, '::1');
		await using relay = await startRelay(style, upstream.address.port, '::1', '--host', '::1');
		t.is(relay.address, '[::1]');
		await using client = await connect({port: relay.port, host: '::1'});
		await client.send('six\n');
		t.is(await client.readLine(), 'six');
	});

	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		test.serial(`${style}: ${signal} resets what is open, on both sides, and ends the relay`, async t => {
			const {told, tell} = news<Ending>();
			await using upstream = await serveUpstream(async connection => {
				await connection.send('hello\n');
				tell(await readToEnd(connection));
			});
			await using relay = await startRelay(style, upstream.address.port);
			await using client = await dial(relay);
			t.is(await client.readLine(), 'hello');
			t.is(await relay.stop(signal), 0);
			t.is((await readToEnd(client)).ending, 'broken');
			t.is((await told).ending, 'broken');
			t.is(relay.errors(), '');
		});
	}

	test.serial(`${style}: a relay that is killed leaves resets behind`, async t => {
		const {told, tell} = news<Ending>();
		await using upstream = await serveUpstream(async connection => {
			await connection.send('hello\n');
			tell(await readToEnd(connection));
		});
		await using relay = await startRelay(style, upstream.address.port);
		await using client = await dial(relay);
		t.is(await client.readLine(), 'hello');
		await relay.stop('SIGKILL');
		t.is((await readToEnd(client)).ending, 'broken');
		t.is((await told).ending, 'broken');
	});

	test.serial(`${style}: the relay tells that its port is taken`, async t => {
		await using other = await serveUpstream(() => {});
		const {code, stdout, stderr} = await runRelay(String(other.address.port), host, '1', '--style', style);
		t.is(code, 1);
		t.is(stdout, '');
		t.regex(stderr, /^error: .*EADDRINUSE/);
	});
}

test('wrong arguments are exit code 2, and --help is not', async t => {
	const wrong = await runRelay('0', host, '80', '--style', 'x');
	t.is(wrong.code, 2);
	t.is(wrong.stderr, "error: --style must be one of coroutine, reactor, not 'x'\nTry --help.\n");
	const help = await runRelay('--help');
	t.is(help.code, 0);
	t.regex(help.stdout, /^Usage: /);
});
