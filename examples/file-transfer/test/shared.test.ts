import {mkdir, open, symlink, truncate, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {checkFitsBuffer, readWhole} from '../shared/whole-file.js';
import {chunksOf, FileError, openRegularFile} from '../shared/regular-file.js';
import {formatBytes, formatSeconds} from '../../shared/units.js';
import {makeFolder, removeFolder, writeRandom} from './support.js';

let folder: string;

test.before(async () => {
	folder = await makeFolder();
	await mkdir(join(folder, 'directory'));
	await symlink('loop', join(folder, 'loop'));
	await writeFile(join(folder, 'plain'), '');
	await writeFile(join(folder, 'secret'), '', {mode: 0});
});

test.after.always(async () => removeFolder(folder));

test('reading a whole file that has shrunk since it was opened throws', async t => {
	const path = join(folder, 'shrinks');
	await writeRandom(path, 1000);
	const file = await openRegularFile(path);
	await truncate(path, 10);
	await t.throwsAsync(readWhole(file), {
		instanceOf: FileError,
		message: 'the file has shrunk: it had 1000 bytes and now ends at 10',
	});
	await file.handle.close();
});

test('reading a whole file gives its content', async t => {
	const path = join(folder, 'content');
	const content = await writeRandom(path, 100_001);
	const file = await openRegularFile(path);
	t.true(content.equals(await readWhole(file)));
	await file.handle.close();
});

test('chunks of a file share one buffer of 64 KiB', async t => {
	const path = join(folder, 'chunks');
	const content = await writeRandom(path, 200_000);
	const {handle, facts} = await openRegularFile(path);
	const copies: Buffer[] = [];
	const memories = new Set<ArrayBufferLike>();
	for await (const chunk of chunksOf(handle, facts.size)) {
		copies.push(Buffer.from(chunk));
		memories.add(chunk.buffer);
	}

	t.deepEqual(
		copies.map(copy => copy.length),
		[65_536, 65_536, 65_536, 3392],
	);
	t.true(content.equals(Buffer.concat(copies)));
	t.is(memories.size, 1);
	await handle.close();
});

test('chunks of a file that has shrunk end in an error', async t => {
	const path = join(folder, 'shrinks-in-chunks');
	await writeRandom(path, 100_000);
	const {handle, facts} = await openRegularFile(path);
	await truncate(path, 70_000);
	let length = 0;
	await t.throwsAsync(
		async () => {
			for await (const chunk of chunksOf(handle, facts.size)) length += chunk.length;
		},
		{instanceOf: FileError},
	);
	t.is(length, 70_000);
	await handle.close();
});

test('a file is opened with its name, size and time of change', async t => {
	const path = join(folder, 'facts');
	await writeFile(path, '12345');
	const file = await open(path, 'r+');
	await file.utimes(1, 1_234_567_890.5);
	await file.close();
	const {handle, facts} = await openRegularFile(path);
	t.deepEqual(facts, {name: 'facts', size: 5, mtimeNs: 1_234_567_890_500_000_000n});
	await handle.close();
});

const refuses = test.macro(async (t, name: string, message: RegExp) => {
	await t.throwsAsync(openRegularFile(name.startsWith('/') ? name : join(folder, name)), {
		instanceOf: FileError,
		message,
	});
});

test('a missing file is refused', refuses, 'nothing', /^cannot open '.*nothing': there is no such file \(ENOENT\)$/);
test('a directory is refused', refuses, 'directory', /^cannot send '.*directory': it is a directory$/);
test('a device is refused', refuses, '/dev/null', /^cannot send '\/dev\/null': it is no regular file$/);
test('a link that leads nowhere is refused', refuses, 'loop', /: too many symbolic links \(ELOOP\)$/);
test('a file below a file is refused', refuses, 'plain/x', /: a part of the path is no directory \(ENOTDIR\)$/);
test('a path with a NUL is refused', refuses, 'a\0b', /^cannot open /);

// Serial: root may read everything, so the whole process is somebody else for a moment.
test.serial('a file that may not be read is refused', async t => {
	const nobody = 65_534;
	const isRoot = process.geteuid?.() === 0;
	if (isRoot) process.seteuid?.(nobody);
	try {
		await t.throwsAsync(openRegularFile(join(folder, 'secret')), {
			instanceOf: FileError,
			message: /: permission denied \(EACCES\)$/,
		});
	} finally {
		if (isRoot) process.seteuid?.(0);
	}
});

test('a file of exactly the limit fits one Buffer, a byte more does not', t => {
	t.notThrows(() => checkFitsBuffer('f', 100, 100));
	t.throws(() => checkFitsBuffer('f', 101, 100), {
		instanceOf: FileError,
		message:
			"cannot hold 'f' in memory: it has 101 bytes, a Buffer holds at most 100; use --mode chunked, owned or sendfile",
	});
});

test('bytes are written with a binary unit', t => {
	t.deepEqual(
		[0, 1023, 1024, 1_572_864, 2 ** 32, 2 ** 52].map(bytes => formatBytes(bytes)),
		['0 bytes', '1023 bytes', '1.0 KiB', '1.5 MiB', '4.0 GiB', '4096.0 TiB'],
	);
});

test('seconds are written as a person would', t => {
	t.deepEqual(
		[0, 0.2, 59, 60, 125, 3725, Infinity, NaN].map(seconds => formatSeconds(seconds)),
		['0 s', '1 s', '59 s', '1:00 min', '2:05 min', '1:02:05 h', '?', '?'],
	);
});
