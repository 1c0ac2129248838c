import {runMain} from '../shared/arguments.js';
import {formatBytes} from '../shared/units.js';
import {parseArguments, usage} from './arguments.js';
import {sendBySend, sendBySendSome} from './coroutine-send.js';
import type {Plan} from './message.js';
import {sendByReactor} from './reactor-send.js';
import {runCase, type Outcome, type StartSending} from './run-case.js';

interface Case {
	readonly name: string;
	readonly start: StartSending;
	readonly tears: boolean;
	/** What it costs, or where it tears. */
	readonly remark: (outcome: Outcome) => string;
}

const cases: readonly Case[] = [
	{
		name: 'reactor send',
		start: sendByReactor,
		tears: false,
		remark: ({mostPending}) => `at most ${formatBytes(mostPending)} queued in the output buffer`,
	},
	{name: 'sendSome loops', start: sendBySendSome, tears: true, remark: describeTear},
	{
		name: 'CoTcpConnection.send',
		start: sendBySend,
		tears: false,
		remark: ({mostPending}) => `at most ${formatBytes(mostPending)} waiting, in the senders' own memory`,
	},
];

function describeTear({firstTear}: Outcome): string {
	if (firstTear === undefined) return 'nothing had to wait';
	const {offset, sender, message, bytes, by} = firstTear;
	return `first at byte ${offset}, message ${message} of sender ${sender}: sender ${by} comes in after ${bytes} bytes of it`;
}

/** Prints the line; true if it came out as it must. */
async function show({name, start, tears, remark}: Case, plan: Plan): Promise<boolean> {
	const outcome = await runCase(plan, start);
	const {intact, torn} = outcome;
	process.stdout.write(`${name}: ${intact} intact, ${torn} torn; ${remark(outcome)}\n`);
	return tears ? torn > 0 : torn === 0;
}

async function main(args: string[]): Promise<void> {
	const plan = parseArguments(args);
	if (plan === undefined) {
		process.stdout.write(usage);
		return;
	}

	const {senders, messages, size} = plan;
	process.stdout.write(`${senders} senders, ${messages} messages of ${formatBytes(size)} each, one connection\n`);
	for (const item of cases) {
		if (await show(item, plan)) continue;
		throw new Error(
			item.tears
				? `${item.name}: nothing was torn, as everything fits into the socket buffers; send more or larger messages`
				: `${item.name}: a message was torn, which must not be`,
		);
	}
}

await runMain(main);
