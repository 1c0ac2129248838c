import {open, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {KiB, MiB} from '../shared/units.js';
import {startServer, type RunningServer} from '../start-server.js';
import {
	countDescriptors,
	descriptorsAre,
	errorComes,
	makeFolder,
	modeNames,
	receive,
	receiveByPlainClient,
	removeFolder,
	sha256,
	startPlainClient,
	vanish,
	writeRandom,
	writeSparse,
} from './support.js';

type ModeName = (typeof modeNames)[number];

interface ModeServer {
	server: RunningServer;
	/** Of its own: it looks at the file anew for every client, so tests may change it. */
	path: string;
	/** Open before the first client. */
	descriptors: number;
}

const servers = new Map<ModeName, ModeServer>();
let folder: string;

test.before(async () => {
	folder = await makeFolder();
	await Promise.all(
		modeNames.map(async mode => {
			const path = join(folder, `${mode}.bin`);
			await writeFile(path, '');
			const server = await startServer(path, ['--mode', mode]);
			servers.set(mode, {server, path, descriptors: await countDescriptors(server.pid, path)});
		}),
	);
});

test.after.always(async () => {
	await Promise.all([...servers.values()].map(async ({server}) => server.stop()));
	await removeFolder(folder);
});

function serverOf(mode: ModeName): ModeServer {
	const server = servers.get(mode);
	if (server === undefined) throw new Error(`there is no server of mode ${mode}`);
	return server;
}

const sizes = [0, 1, 64 * KiB - 1, 64 * KiB, 64 * KiB + 1, 5 * MiB + 3];

for (const mode of modeNames) {
	for (const size of sizes) {
		test.serial(`mode ${mode} delivers a file of ${size} bytes to a node:net client`, async t => {
			const {server, path} = serverOf(mode);
			const content = await writeRandom(path, size);
			t.deepEqual(await receive(server.port), {ending: 'end', length: size, digest: sha256(content)});
		});
	}

	test.serial(`mode ${mode} delivers to ten clients at once`, async t => {
		const {server, path} = serverOf(mode);
		const content = await writeRandom(path, 2 * MiB);
		const all = await Promise.all(Array.from({length: 10}, async () => receive(server.port)));
		for (const received of all)
			t.deepEqual(received, {ending: 'end', length: content.length, digest: sha256(content)});
	});

	test.serial(`mode ${mode} delivers to a client that pauses`, async t => {
		const {server, path} = serverOf(mode);
		const content = await writeRandom(path, 12 * MiB);
		const client = await startPlainClient(server.port, 1);
		t.deepEqual(await client.goOn(), {ending: 'end', length: content.length, digest: sha256(content)});
	});

	test.serial(`mode ${mode} resets a client that comes when the file is gone, and serves the next one`, async t => {
		const {server, path} = serverOf(mode);
		await rm(path);
		t.deepEqual(await receiveByPlainClient(server.port), {ending: 'reset', length: 0, digest: sha256('')});
		const content = await writeRandom(path, 100);
		t.is((await receive(server.port)).digest, sha256(content));
		await errorComes(server, /there is no such file \(ENOENT\)/);
	});

	test.serial(`mode ${mode} leaves no descriptor open after twenty clients that vanish at random bytes`, async t => {
		const {server, path, descriptors} = serverOf(mode);
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

for (const mode of ['chunked', 'owned', 'sendfile'] as const) {
	test.serial(`mode ${mode} resets a client whose file shrinks while it is sent`, async t => {
		const {server, path} = serverOf(mode);
		await writeSparse(path, 64 * MiB);
		const client = await startPlainClient(server.port, 1);
		const file = await open(path, 'r+');
		await file.truncate(MiB);
		await file.close();
		const {ending, length} = await client.goOn();
		t.is(ending, 'reset');
		t.true(length < 64 * MiB);
		await errorComes(server, /the file has shrunk: it had 67108864 bytes/);
	});

	test.serial(`mode ${mode} sends of a file that grows what it had at first`, async t => {
		const {server, path} = serverOf(mode);
		const digest = await writeSparse(path, 32 * MiB);
		const client = await startPlainClient(server.port, 1);
		await writeFile(path, 'more', {flag: 'a'});
		t.deepEqual(await client.goOn(), {ending: 'end', length: 32 * MiB, digest});
	});

	const sparseSize = process.env['COTCP_SOAK'] === '1' ? 4 * KiB * MiB + 5 * MiB + 1 : 64 * MiB + 1;
	test.serial(`mode ${mode} delivers a sparse file of ${sparseSize} bytes`, async t => {
		t.timeout(300_000);
		const {server, path} = serverOf(mode);
		const digest = await writeSparse(path, sparseSize);
		t.deepEqual(await receiveByPlainClient(server.port), {ending: 'end', length: sparseSize, digest});
	});
}

test.serial('mode whole delivers what it has read although the file shrinks meanwhile', async t => {
	const {server, path} = serverOf('whole');
	const digest = await writeSparse(path, 64 * MiB);
	const client = await startPlainClient(server.port, 1);
	await writeFile(path, '');
	t.deepEqual(await client.goOn(), {ending: 'end', length: 64 * MiB, digest});
});
