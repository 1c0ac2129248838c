import {once} from 'node:events';
import {readFile, stat} from 'node:fs/promises';
import {createServer, type AddressInfo, type Socket} from 'node:net';
import {join} from 'node:path';
import {PassThrough} from 'node:stream';
import test, {type ExecutionContext} from 'ava';
import {download} from '../download/download.js';
import {encodeHeader} from '../framed/protocol.js';
import {messageOf} from '../../shared/errors.js';
import {host, makeFolder, removeFolder, sha256} from './support.js';

const content = Buffer.alloc(100_000, 'content ');
const facts = {name: 'f', size: content.length, mtimeNs: 1_000_000_000n};
const digest = Buffer.from(sha256(content), 'hex');
let folder: string;
let outputs = 0;

test.before(async () => {
	folder = await makeFolder();
});

test.after.always(async () => removeFolder(folder));

/** Downloads from a server that answers every request in its own way; resolves to what went wrong. */
async function downloadFrom(
	t: ExecutionContext,
	answer: (socket: Socket) => void,
	timeout = 30_000,
): Promise<{message: string; output: string}> {
	const server = createServer(socket => {
		socket.on('error', () => {});
		socket.once('data', () => answer(socket));
	}).listen(0, host);
	t.teardown(() => server.close());
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	const output = join(folder, `output-${outputs++}`);
	const result = download({host, port, output, resume: false, timeout, log: new PassThrough().resume()});
	return {message: await result.then(() => 'nothing went wrong', messageOf), output};
}

async function sizeOf(path: string): Promise<number | undefined> {
	return stat(path).then(
		({size}) => size,
		() => undefined,
	);
}

test.serial('one byte that differs is found out', async t => {
	const wrong = Buffer.from(content);
	wrong.write('?', 50_000);
	const {message, output} = await downloadFrom(t, socket =>
		socket.end(Buffer.concat([encodeHeader(facts, 0), wrong, digest])),
	);
	t.regex(message, /do not have the SHA-256 that the server gives/);
	t.deepEqual(
		[await sizeOf(output), await sizeOf(`${output}.part`), await sizeOf(`${output}.part.json`)],
		[undefined, content.length, undefined],
	);
});

test.serial('a clean end in the middle of the bytes leaves the part', async t => {
	const {message, output} = await downloadFrom(t, socket =>
		socket.end(Buffer.concat([encodeHeader(facts, 0), content.subarray(0, 70_000)])),
	);
	t.regex(
		message,
		/the server ended too early; the first 70000 of 100000 bytes are in .*\.part, go on with --resume/,
	);
	t.is(await sizeOf(output), undefined);
	t.deepEqual(await readFile(`${output}.part`), content.subarray(0, 70_000));
});

test.serial('a clean end in the middle of the digest leaves the part', async t => {
	const {message, output} = await downloadFrom(t, socket =>
		socket.end(Buffer.concat([encodeHeader(facts, 0), content, digest.subarray(1)])),
	);
	t.regex(message, /the first 100000 of 100000 bytes/);
	t.deepEqual([await sizeOf(output), await sizeOf(`${output}.part`)], [undefined, content.length]);
});

test.serial('a reset in the middle of the bytes leaves a part that can be resumed', async t => {
	const {message, output} = await downloadFrom(t, socket => {
		socket.write(Buffer.concat([encodeHeader(facts, 0), content.subarray(0, 70_000)]), () =>
			socket.resetAndDestroy(),
		);
	});
	t.regex(message, /go on with --resume/);
	t.is(await sizeOf(output), undefined);
	t.deepEqual(JSON.parse(await readFile(`${output}.part.json`, 'utf8')), {
		name: 'f',
		size: 100_000,
		mtimeNs: '1000000000',
	});
});

test.serial('a server that falls silent is given up', async t => {
	const {message, output} = await downloadFrom(
		t,
		socket => socket.write(Buffer.concat([encodeHeader(facts, 0), content.subarray(0, 5)])),
		1000,
	);
	t.regex(message, /the first 5 of 100000 bytes/);
	t.is(await sizeOf(`${output}.part`), 5);
});

test.serial('a server that ends without a header is told so', async t => {
	const {message, output} = await downloadFrom(t, socket => socket.end('cotf'));
	t.regex(message, /the server ended before its header; does it run with --framed\?/);
	t.is(await sizeOf(`${output}.part`), undefined);
});

test.serial('bytes that begin elsewhere than asked for are refused', async t => {
	const {message} = await downloadFrom(t, socket => socket.end(encodeHeader(facts, 5)));
	t.regex(message, /the server begins at byte 5, asked for was 0/);
});

test.serial('a size that no disk has is no reason to allocate', async t => {
	const huge = {...facts, size: Number.MAX_SAFE_INTEGER};
	const {message, output} = await downloadFrom(t, socket =>
		socket.end(Buffer.concat([encodeHeader(huge, 0), content])),
	);
	t.regex(message, /the first 100000 of 9007199254740991 bytes/);
	t.is(await sizeOf(`${output}.part`), content.length);
});
