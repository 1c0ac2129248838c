import test from 'ava';
import {countSockets, memoryOf, socketsAre} from '../../shared/process-facts.js';
import {dial, KiB, MiB, serveUpstream, standsStill, startRelay, styleNames} from './support.js';
import {isSanitized} from '../../../test/support/scale.js';

const clients = 8;
/** What the kernel may hold on the way: two send buffers, and a receive buffer that has grown. */
const kernelBytes = 64 * MiB;
const most = 512 * MiB;
/** Per connection, and what the garbage collector has not come round to; AddressSanitizer keeps up to 256 MiB of freed memory. */
const mostMemory = clients * MiB + (isSanitized ? 300 : 32) * MiB;

for (const style of styleNames) {
	test.serial(
		`${style}: stalled clients stop their upstreams, memory stays bounded, and reading goes on`,
		async t => {
			const sent = new Map<string, number>();
			const block = Buffer.alloc(64 * KiB, 'block');
			await using upstream = await serveUpstream(async connection => {
				const name = String(await connection.readLine());
				for (let bytes = 0; bytes < most; sent.set(name, bytes)) {
					await connection.send(block);
					bytes += block.length;
				}
			});
			await using relay = await startRelay(style, upstream.address.port);
			const sockets = await countSockets(relay.pid);
			const flowing = await dial(relay);
			await flowing.send('flowing\n');
			await flowing.discard(64 * MiB);
			flowing.reset();
			await socketsAre(relay.pid, sockets);
			const idle = await memoryOf(relay.pid, 'VmRSS');

			const stalled = await Promise.all(
				Array.from({length: clients}, async (_, index) => {
					const client = await dial(relay);
					await client.send(`${index}\n`);
					return client;
				}),
			);
			const total = () => stalled.reduce((sum, _, index) => sum + (sent.get(String(index)) ?? 0), 0);
			await standsStill(total);
			const grown = (await memoryOf(relay.pid, 'VmRSS')) - idle;
			t.log(
				`${(grown / MiB).toFixed(1)} MiB for ${clients} clients, ${(total() / MiB).toFixed(0)} MiB on the way`,
			);
			t.true(grown < mostMemory, `${grown} bytes`);
			for (let index = 0; index < clients; index++) {
				const bytes = sent.get(String(index)) ?? 0;
				t.true(bytes > 0 && bytes < kernelBytes, `${bytes} bytes`);
			}

			// More than had been sent when they stood still.
			for (const client of stalled) await client.discard(kernelBytes + 64 * MiB);
			t.true((await memoryOf(relay.pid, 'VmHWM')) - idle < mostMemory);
			for (const client of stalled) client.reset();
			await socketsAre(relay.pid, sockets);
		},
	);
}
