import {once} from 'node:events';
import {constants} from 'node:buffer';
import {mkdir, truncate, writeFile} from 'node:fs/promises';
import {createServer, type AddressInfo} from 'node:net';
import {join} from 'node:path';
import test from 'ava';
import {isSanitized, isSoak} from '../../../test/support/scale.js';
import {MiB} from '../../shared/units.js';
import {startServer} from '../start-server.js';
import {
	host,
	makeFolder,
	memoryOf,
	receive,
	receiveByPlainClient,
	removeFolder,
	run,
	startPlainClient,
	streamingWays,
	ways,
	writeSparse,
} from './support.js';

let folder: string;
let file: string;

test.before(async () => {
	folder = await makeFolder();
	file = join(folder, 'file');
	await writeFile(file, 'content');
	await mkdir(join(folder, 'directory'));
});

test.after.always(async () => removeFolder(folder));

const refuses = test.macro(async (t, args: string[], code: number, message: RegExp) => {
	const finished = await run('server.ts', ['--port', '0', ...args], folder);
	t.is(finished.code, code);
	t.regex(finished.stderr, message);
	t.is(finished.stdout, '');
});

test.serial(
	'the server refuses a missing file',
	refuses,
	['nothing'],
	1,
	/^error: cannot open 'nothing': there is no such file \(ENOENT\)\n$/,
);
test.serial(
	'the server refuses a directory',
	refuses,
	['directory'],
	1,
	/^error: cannot send 'directory': it is a directory\n$/,
);
test.serial(
	'the server refuses wrong arguments with exit code 2',
	refuses,
	['file', '--mode', 'half'],
	2,
	/^error: --mode must be .*, not 'half'\nTry --help\.\n$/,
);

test.serial(
	'the server refuses sendfile in reactor style with exit code 2',
	refuses,
	['file', '--mode', 'sendfile', '--style', 'reactor'],
	2,
	/^error: --mode sendfile needs connection\.sendFile, which --style reactor does not have\nTry --help\.\n$/,
);

// Newer versions of Node have a limit that no file system reaches; the check itself has a test of its own.
const ifReachable = constants.MAX_LENGTH < 2 ** 40 ? test.serial : test.skip;
ifReachable('mode whole refuses a file that one Buffer cannot hold', async t => {
	const large = join(folder, 'large');
	await writeFile(large, '');
	await truncate(large, constants.MAX_LENGTH + 1);
	const finished = await run('server.ts', [large, '--mode', 'whole', '--port', '0']);
	t.is(finished.code, 1);
	t.regex(finished.stderr, /a Buffer holds at most \d+; use --mode chunked, owned or sendfile\n$/);
});

test.serial('the server tells that its port is taken', async t => {
	const other = createServer().listen(0, host);
	await once(other, 'listening');
	const {port} = other.address() as AddressInfo;
	const finished = await run('server.ts', [file, '--port', String(port)]);
	t.is(finished.code, 1);
	t.regex(finished.stderr, /^error: .*EADDRINUSE/);
	other.close();
});

for (const [index, {title, options}] of ways.entries()) {
	test.serial(`a client of ${title} sees a reset when the server is killed at a random moment`, async t => {
		const large = join(folder, `killed-${title}`);
		await writeSparse(large, 64 * MiB);
		const signals = ['SIGTERM', 'SIGKILL', 'SIGKILL'] as const;
		for (const signal of isSoak ? signals : signals.slice(index % 2, (index % 2) + 1)) {
			await using server = await startServer(large, options);
			const place = 1 + Math.floor(Math.random() * 40 * MiB);
			const client = await startPlainClient(server.port, place);
			await server.stop(signal);
			const {ending, length} = await client.goOn();
			t.is(ending, 'reset', `${signal} after ${place} bytes`);
			t.true(length < 64 * MiB);
		}
	});
}

for (const style of ['coroutine', 'reactor'] as const) {
	for (const mode of ['chunked', 'whole'] as const) {
		test.serial(
			`${style} style, mode ${mode}: the first SIGINT lets a transfer finish, then the server ends`,
			async t => {
				const large = join(folder, `interrupted-${style}-${mode}`);
				const digest = await writeSparse(large, 32 * MiB);
				await using server = await startServer(large, ['--style', style, '--mode', mode]);
				const client = await startPlainClient(server.port, 1);
				server.process.kill('SIGINT');
				await once(server.stderr, 'data');
				t.deepEqual(await client.goOn(), {ending: 'end', length: 32 * MiB, digest});
				if (server.process.exitCode === null) await once(server.process, 'exit');
				t.is(server.process.exitCode, 0);
			},
		);
	}

	test.serial(`${style} style: a second SIGINT cuts the transfers`, async t => {
		const large = join(folder, `interrupted-twice-${style}`);
		await writeSparse(large, 32 * MiB);
		await using server = await startServer(large, ['--style', style]);
		const client = await startPlainClient(server.port, 1);
		server.process.kill('SIGINT');
		await once(server.stderr, 'data');
		await server.stop('SIGINT');
		t.is((await client.goOn()).ending, 'reset');
	});
}

test.serial('reactor style: who comes after the first SIGINT is reset', async t => {
	const large = join(folder, 'late');
	await writeSparse(large, 32 * MiB);
	await using server = await startServer(large, ['--style', 'reactor']);
	const client = await startPlainClient(server.port, 1);
	server.process.kill('SIGINT');
	await once(server.stderr, 'data');
	t.like(await receiveByPlainClient(server.port), {ending: 'reset', length: 0});
	t.is((await client.goOn()).ending, 'end');
});

const clients = 16;
/** The garbage collector's own ups and downs, whatever the number of clients; AddressSanitizer keeps up to 256 MiB of freed memory. */
const slack = (isSanitized ? 300 : 16) * MiB;
for (const {title, options} of streamingWays) {
	test.serial(`${title} takes at most about 1 MiB of memory per client`, async t => {
		const large = join(folder, `memory-${title}`);
		await writeSparse(large, 16 * MiB);
		await using server = await startServer(large, options);
		await receive(server.port);
		await writeFile(`/proc/${server.pid}/clear_refs`, '5');
		const idle = await memoryOf(server.pid, 'VmRSS');
		await Promise.all(Array.from({length: clients}, async () => receive(server.port)));
		const grown = (await memoryOf(server.pid, 'VmHWM')) - idle;
		t.log(`${(grown / MiB).toFixed(1)} MiB for ${clients} clients`);
		t.true(grown < clients * MiB + slack);
	});
}
