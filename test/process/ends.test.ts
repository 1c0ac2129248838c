import test, {type ExecutionContext} from 'ava';
import {sleep} from '../../src/index.js';
import {Child} from '../support/process-child.js';
import {RawClients, type RawResult} from '../support/process-raw-client.js';
import {isSoak} from '../support/scale.js';

const allBytes = 50 * 2 ** 20;

const processWays = ['exit', 'throw', 'reject', 'SIGTERM', 'SIGKILL'] as const;
const workerWays = ['terminate', 'exit', 'throw', 'reject'] as const;
type Way = (typeof processWays)[number] | (typeof workerWays)[number];
type Doing = 'one' | 'many' | 'waits' | 'idle';

interface Ending {
	readonly way: Way;
	readonly where: 'main' | 'worker';
	readonly doing: Doing;
	readonly isGuarded?: boolean;
}

async function start(
	t: ExecutionContext,
	{way, where, doing, isGuarded = false}: Ending,
): Promise<[Child, RawClients]> {
	const child = Child.start(t, 'ends', [way, doing, where, isGuarded ? 'guarded' : 'plain']);
	const {port} = await child.next<{port: number}>();
	return [child, await RawClients.connect(t, port)];
}

/** Resolves when the process, or the thread, is gone. */
async function end(child: Child, {way, where}: Ending): Promise<void> {
	if (way === 'SIGTERM' || way === 'SIGKILL') child.kill(way);
	else child.tell('end');
	if (where === 'main') await child.exited;
	else while (!('exited' in (await child.next<object>())));
}

const isReset = test.macro(async (t, ending: Ending) => {
	const [child, client] = await start(t, ending);
	const {pending} = await child.next<{pending: number}>();
	if (ending.doing === 'one') t.true(pending > 2 ** 20, `only ${pending} bytes are pending`);
	await end(child, ending);
	const {end: seen, bytes} = await client.readOne();
	t.is(seen, 'ECONNRESET');
	t.true(bytes < allBytes);
});

for (const way of processWays) {
	test.serial(`50 MiB unsent, the process ends by ${way}: the peer sees a reset`, isReset, {
		way,
		where: 'main',
		doing: 'one',
	});
	test.serial(`resetUnlessClosed, between two sends, the process ends by ${way}: the peer sees a reset`, isReset, {
		way,
		where: 'main',
		doing: 'waits',
		isGuarded: true,
	});
}

for (const way of workerWays) {
	test.serial(`50 MiB unsent, the worker ends by ${way}: the peer sees a reset`, isReset, {
		way,
		where: 'worker',
		doing: 'one',
	});
	test.serial(`resetUnlessClosed, between two sends, the worker ends by ${way}: the peer sees a reset`, isReset, {
		way,
		where: 'worker',
		doing: 'waits',
		isGuarded: true,
	});
}

test.serial('resetUnlessClosed, nothing sent yet, the process is killed: the peer sees a reset', isReset, {
	way: 'SIGKILL',
	where: 'main',
	doing: 'idle',
	isGuarded: true,
});

const delivers = test.macro(async (t, ending: Ending) => {
	const [child, client] = await start(t, ending);
	await child.next();
	await end(child, ending);
	t.like(await client.readOne(), {end: 'end', head: 'the first half'});
});

for (const way of ['exit', 'SIGTERM', 'SIGKILL'] as const)
	test.serial(`what the kernel has is delivered when the process ends by ${way}`, delivers, {
		way,
		where: 'main',
		doing: 'waits',
	});
test.serial('what the kernel has is delivered when the worker is terminated', delivers, {
	way: 'terminate',
	where: 'worker',
	doing: 'waits',
});

// at any moment

const rounds = isSoak ? 50 : 4;
const latestMs = 60;

/** Never a clean end short of all bytes. */
function isHonest({end: seen, bytes}: RawResult): boolean {
	return seen === 'end' ? bytes === allBytes : seen === 'ECONNRESET';
}

const isHonestAtAnyMoment = test.macro(async (t, ending: Ending) => {
	const seen: string[] = [];
	for (let round = 0; round < rounds; round++) {
		const [child, client] = await start(t, ending);
		await child.next();
		const reading = client.read();
		await sleep(Math.random() * latestMs);
		await end(child, ending);
		for (const result of await reading) {
			seen.push(`${result.end} after ${result.bytes}`);
			t.true(isHonest(result), seen.at(-1));
		}

		child.kill('SIGKILL');
	}

	t.log(seen.join(', '));
});

for (const way of ['exit', 'throw', 'SIGKILL'] as const) {
	test.serial(
		`one send, the process ends by ${way} at any moment: the peer sees a reset or all of it`,
		isHonestAtAnyMoment,
		{
			way,
			where: 'main',
			doing: 'one',
		},
	);
	test.serial(
		`resetUnlessClosed and many sends, the process ends by ${way} at any moment: the peer sees a reset or all of it`,
		isHonestAtAnyMoment,
		{way, where: 'main', doing: 'many', isGuarded: true},
	);
}

test.serial(
	'one send, the worker is terminated at any moment: the peer sees a reset or all of it',
	isHonestAtAnyMoment,
	{
		way: 'terminate',
		where: 'worker',
		doing: 'one',
	},
);
test.serial(
	'resetUnlessClosed and many sends, the worker is terminated at any moment: the peer sees a reset or all of it',
	isHonestAtAnyMoment,
	{way: 'terminate', where: 'worker', doing: 'many', isGuarded: true},
);
