import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {access, mkdir, readFile, stat, truncate, utimes, writeFile} from 'node:fs/promises';
import {connect, createServer, type AddressInfo, type Socket} from 'node:net';
import {join} from 'node:path';
import {PassThrough} from 'node:stream';
import {buffer} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {download, type Downloaded} from '../download/download.js';
import {PartError} from '../download/part-file.js';
import {ReplyError} from '../download/reply.js';
import {decodeHeaderStart, encodeRequest} from '../framed/protocol.js';
import {MiB} from '../../shared/units.js';
import {typeScriptArguments} from '../../shared/type-script.js';
import {startServer, type RunningServer} from '../start-server.js';
import {host, makeFolder, modeNames, removeFolder, run, sha256, writeRandom} from './support.js';

const timeout = 30_000;
const size = 3 * MiB + 17;
const servers = new Map<string, RunningServer>();
let folder: string;
let path: string;
let content: Buffer;

test.before(async () => {
	folder = await makeFolder();
	path = join(folder, 'original.bin');
	content = await writeRandom(path, size);
	await utimes(path, 1, 1_234_567_890.25);
	await Promise.all(
		modeNames.map(async mode => {
			servers.set(mode, await startServer(path, ['--framed', '--mode', mode]));
		}),
	);
});

test.after.always(async () => {
	await Promise.all([...servers.values()].map(async server => server.stop()));
	await removeFolder(folder);
});

function portOf(mode: string): number {
	const server = servers.get(mode);
	if (server === undefined) throw new Error(`there is no server of mode ${mode}`);
	return server.port;
}

/** What client.ts does, in this process. */
async function receive(mode: string, output: string, resume = false): Promise<Downloaded> {
	return download({host, port: portOf(mode), output, resume, timeout, log: new PassThrough().resume()});
}

async function exists(file: string): Promise<boolean> {
	return access(file).then(
		() => true,
		() => false,
	);
}

/** A part as an interrupted download of `original.bin` leaves it. */
async function makePart(output: string, bytes: Uint8Array, facts: object = {}): Promise<void> {
	const {mtimeNs} = await stat(path, {bigint: true});
	await writeFile(`${output}.part`, bytes);
	await writeFile(
		`${output}.part.json`,
		JSON.stringify({name: 'original.bin', size, mtimeNs: String(mtimeNs), ...facts}),
	);
}

/** Passes on so many bytes of the server's answer and then resets the client, or falls silent. */
async function startBreakingProxy(
	t: ExecutionContext,
	serverPort: number,
	bytes: number,
	how: 'reset' | 'stall' = 'reset',
): Promise<number> {
	const passOn = async (client: Socket) => {
		let left = bytes;
		for await (const chunk of client.pipe(connect(serverPort, host)) as AsyncIterable<Buffer>) {
			client.write(chunk.subarray(0, left));
			left -= chunk.length;
			if (left <= 0) break;
		}

		if (how === 'reset') client.resetAndDestroy();
	};

	const proxy = createServer(client => {
		client.on('error', () => {});
		void passOn(client);
	}).listen(0, host);
	t.teardown(() => proxy.close());
	await once(proxy, 'listening');
	return (proxy.address() as AddressInfo).port;
}

async function partGrows(output: string): Promise<void> {
	while (
		await stat(`${output}.part`).then(
			({size}) => size === 0,
			() => true,
		)
	);
}

for (const mode of modeNames) {
	test.serial(`the client receives a file of mode ${mode} with its time and leaves no part behind`, async t => {
		const output = join(folder, `received-${mode}`);
		const {code, stdout, stderr} = await run('client.ts', [host, String(portOf(mode)), '--output', output]);
		t.is(code, 0, stderr);
		t.is(stdout, `saved ${output}: 3.0 MiB, SHA-256 ${sha256(content)}\n`);
		t.regex(stderr, new RegExp(`^received-${mode} 100 % \\| 3\\.0 MiB of 3\\.0 MiB, .*/s, 0 s left$`, 'm'));
		t.true(content.equals(await readFile(output)));
		// Node takes times as seconds in a double.
		t.true(Math.abs((await stat(output)).mtimeMs - 1_234_567_890_250) < 0.01);
		t.deepEqual([await exists(`${output}.part`), await exists(`${output}.part.json`)], [false, false]);
	});

	for (const length of [0, 1, 1_000_000, size]) {
		test.serial(`the client resumes a download of mode ${mode} after ${length} bytes`, async t => {
			const output = join(folder, `resumed-${mode}-${length}`);
			await makePart(output, content.subarray(0, length));
			t.deepEqual(await receive(mode, output, true), {output, size, digest: sha256(content)});
			t.true(content.equals(await readFile(output)));
		});
	}
}

test.serial('the server sends only what lies behind the requested offset', async t => {
	const socket = connect(portOf('whole'), host);
	socket.write(encodeRequest(size - 10));
	const reply = await buffer(socket);
	t.is(decodeHeaderStart(reply).offset, size - 10);
	const body = reply.subarray(32 + 'original.bin'.length);
	t.deepEqual(body, Buffer.concat([content.subarray(-10), Buffer.from(sha256(content), 'hex')]));
});

test.serial('the server tells a client that its offset lies beyond the end', async t => {
	const socket = connect(portOf('owned'), host);
	socket.write(encodeRequest(size + 1));
	t.is(decodeHeaderStart(await buffer(socket)).status, 'offset');
});

test.serial('the server tells a client of another version so', async t => {
	const socket = connect(portOf('owned'), host);
	const request = encodeRequest(0);
	request.writeUInt8(2, 4);
	socket.write(request);
	t.is(decodeHeaderStart(await buffer(socket)).status, 'version');
});

test.serial('an empty file is received', async t => {
	const empty = join(folder, 'empty');
	await writeFile(empty, '');
	await using server = await startServer(empty, ['--framed']);
	const output = join(folder, 'empty-received');
	await download({host, port: server.port, output, resume: false, timeout, log: new PassThrough().resume()});
	t.is((await stat(output)).size, 0);
});

test.serial("without --output the server's name is used, and --resume finds the part of that name", async t => {
	const here = join(folder, 'here');
	await mkdir(here);
	await makePart(join(here, 'original.bin'), content.subarray(0, 5000));
	const resumed = await run('client.ts', [host, String(portOf('owned')), '--resume'], here);
	t.is(resumed.code, 0, resumed.stderr);
	t.regex(resumed.stderr, /going on after 4\.9 KiB that are already here/);
	t.true(content.equals(await readFile(join(here, 'original.bin'))));
	const again = await run('client.ts', [host, String(portOf('owned'))], here);
	t.is(again.code, 1);
	t.regex(again.stderr, /'original\.bin' exists already; to replace it, name it with --output/);
});

test.serial('a part of another file is not resumed', async t => {
	const output = join(folder, 'other-file');
	await makePart(output, Buffer.alloc(1000), {mtimeNs: '5'});
	await t.throwsAsync(receive('owned', output, true), {
		message: /it is a part of another file than the server has now; start again without --resume$/,
	});
	t.is((await stat(`${output}.part`)).size, 1000);
});

test.serial('a part without its json is not resumed, but a new download replaces it', async t => {
	const output = join(folder, 'no-facts');
	await writeFile(`${output}.part`, 'something');
	await t.throwsAsync(receive('owned', output, true), {
		message:
			/no-facts\.part\.json, which says what it is a part of, is missing or damaged; start again without --resume$/,
	});
	t.is(await readFile(`${output}.part`, 'utf8'), 'something');
	await receive('owned', output);
	t.true(content.equals(await readFile(output)));
});

test.serial('a part that is not the beginning of the file is found out and cannot be resumed again', async t => {
	const output = join(folder, 'wrong-part');
	await makePart(output, Buffer.alloc(1000));
	const {code, stderr} = await run('client.ts', [host, String(portOf('owned')), '--output', output, '--resume']);
	t.is(code, 1);
	t.regex(stderr, /do not have the SHA-256 that the server gives/);
	t.false(await exists(output));
	t.is((await stat(`${output}.part`)).size, size);
	await t.throwsAsync(receive('owned', output, true), {
		message: /is missing or damaged; start again without --resume$/,
	});
});

test.serial('a client of a server without --framed says so', async t => {
	await using server = await startServer(path);
	await t.throwsAsync(download({host, port: server.port, output: join(folder, 'raw'), resume: false, timeout}), {
		instanceOf: ReplyError,
		message: /^no framed answer .*; does the server run with --framed\?$/,
	});
});

for (const bytes of [50, 100_000, size - 5]) {
	test.serial(`a download that is reset after ${bytes} bytes is completed by --resume`, async t => {
		const output = join(folder, `reset-${bytes}`);
		const port = await startBreakingProxy(t, portOf('owned'), bytes);
		await t.throwsAsync(download({host, port, output, resume: false, timeout, log: new PassThrough().resume()}), {
			instanceOf: PartError,
			message: /go on with --resume$/,
		});
		t.false(await exists(output));
		t.is((await receive('owned', output, true)).digest, sha256(content));
	});
}

test.serial('a client whose server is killed ends with exit code 1 and leaves the part', async t => {
	const large = join(folder, 'large');
	await writeFile(large, '');
	await truncate(large, 4096 * MiB);
	const output = join(folder, 'large-received');
	const server = await startServer(large, ['--framed']);
	const client = run('client.ts', [host, String(server.port), '--output', output]);
	await partGrows(output);
	await server.stop('SIGKILL');
	const {code, stderr} = await client;
	t.is(code, 1);
	t.regex(stderr, /^error: .*; the first \d+ of 4294967296 bytes are in .*\.part, go on with --resume$/m);
	t.deepEqual([await exists(output), await exists(`${output}.part.json`)], [false, true]);
});

test.serial('a client that is interrupted leaves a part that can be resumed', async t => {
	const output = join(folder, 'interrupted');
	const port = await startBreakingProxy(t, portOf('owned'), 1_000_000, 'stall');
	const program = fileURLToPath(new URL('../client.ts', import.meta.url));
	const child = spawn(process.execPath, [...typeScriptArguments, program, host, String(port), '--output', output], {
		stdio: 'ignore',
	});
	const ended = once(child, 'exit');
	await partGrows(output);
	child.kill('SIGINT');
	t.deepEqual(await ended, [null, 'SIGINT']);
	t.is((await receive('owned', output, true)).digest, sha256(content));
});

test.serial('the client refuses a directory as output', async t => {
	await t.throwsAsync(receive('owned', folder), {message: /^--output must be a file, but '.*' is a directory$/});
});

test.serial('the client tells with exit code 1 that nobody listens', async t => {
	const {code, stdout, stderr} = await run('client.ts', [host, '1', '--output', join(folder, 'nobody')]);
	t.deepEqual([code, stdout], [1, '']);
	t.regex(stderr, /^error: .*ECONNREFUSED/);
});

test.serial('the client refuses wrong arguments with exit code 2', async t => {
	const {code, stdout, stderr} = await run('client.ts', [host, '0']);
	t.deepEqual([code, stdout], [2, '']);
	t.regex(stderr, /^error: PORT must be .*, not '0'\nTry --help\.\n$/);
});
