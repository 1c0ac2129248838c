import {once} from 'node:events';
import {open, rm, writeFile} from 'node:fs/promises';
import {connect} from 'node:net';
import {join} from 'node:path';
import {setTimeout} from 'node:timers/promises';
import test from 'ava';
import {isSoak, soakTimeout} from '../../../test/support/scale.js';
import {KiB, MiB} from '../../shared/units.js';
import {startServer, type RunningServer} from '../start-server.js';
import {
	countDescriptors,
	descriptorsAre,
	errorComes,
	host,
	makeFolder,
	receive,
	receiveByPlainClient,
	receiveFrom,
	removeFolder,
	sha256,
	startPlainClient,
	streamingWays,
	vanish,
	ways,
	writeRandom,
	writeSparse,
	type Way,
} from './support.js';

interface WayServer {
	server: RunningServer;
	/** Of its own: it looks at the file anew for every client, so tests may change it. */
	path: string;
	/** Open before the first client. */
	descriptors: number;
}

const servers = new Map<Way, WayServer>();
let folder: string;

test.before(async () => {
	folder = await makeFolder();
	await Promise.all(
		ways.map(async way => {
			const path = join(folder, `${way.title}.bin`);
			await writeFile(path, '');
			const server = await startServer(path, way.options);
			servers.set(way, {server, path, descriptors: await countDescriptors(server.pid, path)});
		}),
	);
});

test.after.always(async () => {
	await Promise.all([...servers.values()].map(async ({server}) => server.stop()));
	await removeFolder(folder);
});

function serverOf(way: Way): WayServer {
	const server = servers.get(way);
	if (server === undefined) throw new Error(`there is no server of ${way.title}`);
	return server;
}

const sizes = [0, 1, 64 * KiB - 1, 64 * KiB, 64 * KiB + 1, 5 * MiB + 3];

for (const way of ways) {
	for (const size of sizes) {
		test.serial(`${way.title} delivers a file of ${size} bytes to a node:net client`, async t => {
			const {server, path} = serverOf(way);
			const content = await writeRandom(path, size);
			t.deepEqual(await receive(server.port), {ending: 'end', length: size, digest: sha256(content)});
		});
	}

	test.serial(`${way.title} delivers to ten clients at once`, async t => {
		const {server, path} = serverOf(way);
		const content = await writeRandom(path, 2 * MiB);
		const all = await Promise.all(Array.from({length: 10}, async () => receive(server.port)));
		for (const received of all)
			t.deepEqual(received, {ending: 'end', length: content.length, digest: sha256(content)});
	});

	test.serial(`${way.title} delivers to a client that pauses`, async t => {
		const {server, path} = serverOf(way);
		const content = await writeRandom(path, 12 * MiB);
		const client = await startPlainClient(server.port, 1);
		t.deepEqual(await client.goOn(), {ending: 'end', length: content.length, digest: sha256(content)});
	});

	test.serial(`${way.title} delivers to a client that has ended its own half at once`, async t => {
		const {server, path} = serverOf(way);
		const content = await writeRandom(path, 3 * MiB);
		const socket = connect({port: server.port, host, allowHalfOpen: true}).end();
		t.deepEqual(await receiveFrom(socket), {ending: 'end', length: content.length, digest: sha256(content)});
	});

	test.serial(`${way.title} resets a client that comes when the file is gone, and serves the next one`, async t => {
		const {server, path} = serverOf(way);
		await rm(path);
		t.deepEqual(await receiveByPlainClient(server.port), {ending: 'reset', length: 0, digest: sha256('')});
		const content = await writeRandom(path, 100);
		t.is((await receive(server.port)).digest, sha256(content));
		await errorComes(server, /there is no such file \(ENOENT\)/);
	});

	test.serial(`${way.title} leaves no descriptor open after twenty clients that vanish at random bytes`, async t => {
		const {server, path, descriptors} = serverOf(way);
		await writeSparse(path, 16 * MiB);
		const places = Array.from({length: 20}, () => Math.floor(Math.random() * 12 * MiB));
		t.log(`vanishing after ${places.join(', ')}`);
		await Promise.all(
			places.map(async (bytes, index) =>
				vanish(server.port, bytes, index % 2 === 0 ? 'destroy' : 'resetAndDestroy'),
			),
		);
		await descriptorsAre(server.pid, path, descriptors);
		t.is((await receive(server.port)).length, 16 * MiB);
	});
}

for (const way of streamingWays) {
	test.serial(`${way.title} resets a client whose file shrinks while it is sent`, async t => {
		const {server, path, descriptors} = serverOf(way);
		await writeSparse(path, 64 * MiB);
		const client = await startPlainClient(server.port, 1);
		const file = await open(path, 'r+');
		await file.truncate(MiB);
		await file.close();
		const {ending, length} = await client.goOn();
		t.is(ending, 'reset');
		t.true(length < 64 * MiB);
		await errorComes(server, /the file has shrunk: it had 67108864 bytes/);
		await descriptorsAre(server.pid, path, descriptors);
	});

	test.serial(`${way.title} sends of a file that grows what it had at first`, async t => {
		const {server, path} = serverOf(way);
		const digest = await writeSparse(path, 32 * MiB);
		const client = await startPlainClient(server.port, 1);
		await writeFile(path, 'more', {flag: 'a'});
		t.deepEqual(await client.goOn(), {ending: 'end', length: 32 * MiB, digest});
	});

	const sparseSize = isSoak ? 4 * KiB * MiB + 5 * MiB + 1 : 64 * MiB + 1;
	test.serial(`${way.title} delivers a sparse file of ${sparseSize} bytes`, async t => {
		soakTimeout(t, 300_000);
		const {server, path} = serverOf(way);
		const digest = await writeSparse(path, sparseSize);
		t.deepEqual(await receiveByPlainClient(server.port), {ending: 'end', length: sparseSize, digest});
	});
}

for (const way of ways.filter(({mode}) => mode === 'whole')) {
	test.serial(`${way.title} delivers what it has read although the file shrinks meanwhile`, async t => {
		const {server, path} = serverOf(way);
		const digest = await writeSparse(path, 64 * MiB);
		const client = await startPlainClient(server.port, 1);
		await writeFile(path, '');
		t.deepEqual(await client.goOn(), {ending: 'end', length: 64 * MiB, digest});
	});
}

test.serial('in every mode and style a client that never ends its own half is let go of', async t => {
	t.timeout(60_000);
	await Promise.all(
		ways.map(async way => {
			const {server, path, descriptors} = serverOf(way);
			const content = await writeRandom(path, MiB);
			const socket = connect({port: server.port, host, allowHalfOpen: true});
			const ended = once(socket, 'end');
			socket.resume();
			await ended;
			t.is(socket.bytesRead, content.length);
			await descriptorsAre(server.pid, path, descriptors);
			socket.destroy();
		}),
	);
});

test.serial('in every mode and style a client that pauses before the last bytes gets them', async t => {
	t.timeout(90_000);
	await Promise.all(
		ways.map(async way => {
			const {server, path} = serverOf(way);
			const content = await writeRandom(path, MiB);
			const client = await startPlainClient(server.port, 1);
			// Longer than a server waits for a client that has got everything.
			await setTimeout(7000);
			t.deepEqual(
				await client.goOn(),
				{ending: 'end', length: content.length, digest: sha256(content)},
				way.title,
			);
		}),
	);
});
