/** Files that are being sent when a system call fails, or when the process comes to its end. */
import {spawnSync} from 'node:child_process';
import {createHash, randomBytes} from 'node:crypto';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {BrokenError, connect, sleep} from '../../src/index.js';
import {Child} from '../support/process-child.js';
import {RawClients} from '../support/process-raw-client.js';
import {isSoak} from '../support/scale.js';
import {within} from '../support/wait.js';

// faults, made by strace

const hasStrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
const content = randomBytes(12 * 2 ** 20);

interface Told {
	readonly sent?: number;
	readonly name?: string;
	readonly code?: string;
	readonly syscall?: string;
	readonly bytesSent?: number;
	readonly reason: string;
	readonly ended?: string;
}

interface Fault {
	/** As strace takes it, behind `inject=sendfile:`. */
	readonly inject: string;
	readonly header?: string;
}

/** What the client gets, 'reset' where the end should be in that case, and what the server tells. */
async function transfer(t: ExecutionContext, {inject, header}: Fault): Promise<[Buffer, 'end' | 'reset', Told]> {
	const folder = await mkdtemp(join(tmpdir(), 'cotcp-'));
	t.teardown(async () => rm(folder, {recursive: true, force: true}));
	const path = join(folder, 'file');
	await writeFile(path, content);
	const trace = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=sendfile', '-e', `inject=sendfile:${inject}`];
	const parameters = header === undefined ? [path] : [path, header];
	const child = Child.start(t, 'send-file', parameters, {under: ['strace', ...trace]});
	const port = await child.next<number>();
	const connection = await connect({host: '127.0.0.1', port});
	const chunks: Buffer[] = [];
	let ending: 'end' | 'reset' = 'end';
	try {
		for await (const chunk of connection) chunks.push(chunk);
	} catch (error) {
		if (!(error instanceof BrokenError)) throw error;
		ending = 'reset';
	}

	await connection.close();
	const told = await within(child.next<Told>(), 'what the server tells');
	child.finish();
	return [Buffer.concat(chunks), ending, told];
}

const underFault = test.macro(
	async (t, fault: Fault, check: (t: ExecutionContext, ...came: Awaited<ReturnType<typeof transfer>>) => void) => {
		if (!hasStrace) {
			if (process.env['CI'] === 'true') t.fail('strace is missing, or may not trace');
			else t.log('skipped: strace is missing, or may not trace');
			t.pass();
			return;
		}

		check(t, ...(await transfer(t, fault)));
	},
);

function sha256(bytes: Uint8Array): string {
	return createHash('sha256').update(bytes).digest('hex');
}

test.serial(
	'sendfile that is interrupted every other time sends the whole file',
	underFault,
	{inject: 'error=EINTR:when=1+2'},
	(t, bytes, ending, told) => {
		t.is(ending, 'end');
		t.is(sha256(bytes), sha256(Buffer.concat([content, Buffer.from('after')])));
		t.like(told, {sent: content.length, reason: 'closed'});
	},
);

test.serial(
	'a file that cannot be read any more is a ResourceError, and the peer sees a reset',
	underFault,
	{inject: 'error=EIO:when=3+'},
	(t, bytes, ending, told) => {
		t.is(ending, 'reset');
		t.true(bytes.length < content.length);
		t.true(bytes.equals(content.subarray(0, bytes.length)));
		t.like(told, {name: 'ResourceError', code: 'EIO', syscall: 'sendfile', reason: 'cancelled', ended: 'EIO'});
		t.true(Number(told.bytesSent) > 0 && Number(told.bytesSent) < content.length);
	},
);

test.serial(
	'a file that cannot be read at all costs nothing but itself: the sends behind it go on',
	underFault,
	{inject: 'error=EIO:when=1+'},
	(t, bytes, ending, told) => {
		t.is(ending, 'end');
		t.is(bytes.toString(), 'after');
		t.like(told, {name: 'ResourceError', code: 'EIO', bytesSent: 0, reason: 'closed'});
	},
);

test.serial(
	'a file that cannot be read behind a header that is out ends in a reset',
	underFault,
	{inject: 'error=EIO:when=1+', header: 'header'},
	(t, bytes, ending, told) => {
		t.is(ending, 'reset');
		t.true(bytes.length <= 6);
		t.like(told, {name: 'ResourceError', code: 'EIO', bytesSent: 6, reason: 'cancelled'});
	},
);

for (const code of ['ECONNRESET', 'EPIPE', 'ETIMEDOUT'] as const) {
	test.serial(
		`sendfile that fails with ${code} is a BrokenError`,
		underFault,
		{inject: `error=${code}:when=2+`},
		(t, bytes, ending, told) => {
			t.is(ending, 'reset');
			t.true(bytes.equals(content.subarray(0, bytes.length)));
			t.like(told, {name: 'BrokenError', code, syscall: 'sendfile', reason: 'broken', ended: code});
			t.true(Number(told.bytesSent) > 0 && Number(told.bytesSent) < content.length);
		},
	);
}

// the end of the process

const allBytes = 50 * 2 ** 20;

interface Ending {
	readonly way: 'exit' | 'throw' | 'reject' | 'SIGTERM' | 'SIGKILL' | 'terminate';
	readonly doing: 'file' | 'fileAtOnce' | 'fileThenWaits';
	readonly where?: 'main' | 'worker';
	readonly isGuarded?: boolean;
}

async function start(
	t: ExecutionContext,
	{way, doing, where = 'main', isGuarded = false}: Ending,
): Promise<[Child, RawClients]> {
	const child = Child.start(t, 'ends', [way, doing, where, isGuarded ? 'guarded' : 'plain']);
	const {port} = await child.next<{port: number}>();
	return [child, await RawClients.connect(t, port)];
}

/** Resolves when the process, or the thread, is gone. */
async function end(child: Child, {way, doing, where = 'main'}: Ending): Promise<void> {
	if (way === 'SIGTERM' || way === 'SIGKILL') child.kill(way);
	else if (doing !== 'fileAtOnce') child.tell('end');
	if (where === 'main') await child.exited;
	else while (!('exited' in (await child.next<object>())));
}

const isReset = test.macro(async (t, ending: Ending) => {
	const [child, client] = await start(t, ending);
	const {pending} = await child.next<{pending: number}>();
	if (ending.doing === 'file') t.true(pending > 2 ** 20, `only ${pending} bytes are pending`);
	await end(child, ending);
	const result = await client.readOne();
	t.is(result.end, 'ECONNRESET');
	t.true(result.bytes < allBytes);
});

for (const isGuarded of [false, true]) {
	const given = isGuarded ? 'resetUnlessClosed, ' : '';
	for (const way of ['exit', 'throw', 'reject', 'SIGTERM', 'SIGKILL'] as const) {
		const ending = {way, isGuarded} as const;
		test.serial(`${given}in the middle of a file the process ends by ${way}: the peer sees a reset`, isReset, {
			...ending,
			doing: 'file',
		});
	}

	test.serial(`${given}in the middle of a file the worker is terminated: the peer sees a reset`, isReset, {
		way: 'terminate',
		doing: 'file',
		where: 'worker',
		isGuarded,
	});
	for (const way of ['exit', 'SIGKILL'] as const) {
		test.serial(`${given}the process ends by ${way} before the file is open: the peer sees a reset`, isReset, {
			way,
			doing: 'fileAtOnce',
			isGuarded,
		});
	}
}

for (const way of ['exit', 'SIGKILL'] as const) {
	test.serial(`resetUnlessClosed, behind a whole file the process ends by ${way}: the peer sees a reset`, isReset, {
		way,
		doing: 'fileThenWaits',
		isGuarded: true,
	});
	test.serial(`behind a whole file the process ends by ${way}: the peer gets it, and an end`, async t => {
		const ending = {way, doing: 'fileThenWaits'} as const;
		const [child, client] = await start(t, ending);
		await child.next();
		await end(child, ending);
		const {bytes, end: seen, head} = await client.readOne();
		t.is(seen, 'end');
		t.is(bytes, 'the first half'.length + 2 ** 16);
		t.true(head.startsWith('the first half'));
	});
}

const rounds = isSoak ? 50 : 4;
const latestMs = 60;
for (const isGuarded of [false, true]) {
	for (const way of ['exit', 'SIGKILL'] as const) {
		const title = `${isGuarded ? 'resetUnlessClosed, ' : ''}one file, the process ends by ${way} at any moment`;
		test.serial(`${title}: the peer sees a reset or all of it`, async t => {
			const seen: string[] = [];
			for (let round = 0; round < rounds; round++) {
				const ending = {way, doing: 'file', isGuarded} as const;
				const [child, client] = await start(t, ending);
				await child.next();
				const reading = client.readOne();
				await sleep(Math.random() * latestMs);
				await end(child, ending);
				const result = await reading;
				seen.push(`${result.end} after ${result.bytes}`);
				t.true(result.end === 'end' ? result.bytes === allBytes : result.end === 'ECONNRESET', seen.at(-1));
			}

			t.log(seen.join(', '));
		});
	}
}
