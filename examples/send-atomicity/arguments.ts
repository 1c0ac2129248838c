import {parseArgs} from 'node:util';
import {integerOption, UsageError} from '../shared/arguments.js';
import {formatBytes, KiB, MiB} from '../shared/units.js';
import {mostSenders, type Plan} from './message.js';

/** The reactor queues all of it in memory. */
const mostBytes = 1024 * MiB;

const defaults: Plan = {senders: 4, messages: 4, size: 16 * MiB};

export const usage = `Usage: node --import tsx examples/send-atomicity/main.ts [options]

Several senders share one connection whose reader is slow. Three ways to send, and what arrives.

  --senders N    2 to ${mostSenders} (default: ${defaults.senders})
  --messages N   of each sender (default: ${defaults.messages})
  --size BYTES   of a message, from ${KiB}; the socket buffers must not hold what one sender
                 sends, or nothing has to wait (default: ${defaults.size})
  --help         this text

All messages together may have ${formatBytes(mostBytes)}: the first way queues them in memory.
Exit code 0: all came out as they must. 1: not so. 2: wrong arguments.
`;

/** undefined: `--help` was asked for. */
export function parseArguments(args: string[]): Plan | undefined {
	const {values} = parseArgs({
		args,
		options: {
			senders: {type: 'string', default: String(defaults.senders)},
			messages: {type: 'string', default: String(defaults.messages)},
			size: {type: 'string', default: String(defaults.size)},
			help: {type: 'boolean', default: false},
		},
	});
	if (values.help) return undefined;
	const plan = {
		senders: integerOption('--senders', values.senders, 2, mostSenders),
		messages: integerOption('--messages', values.messages, 1, 100_000),
		size: integerOption('--size', values.size, KiB, mostBytes),
	};
	const total = plan.senders * plan.messages * plan.size;
	if (total > mostBytes) {
		throw new UsageError(
			`--senders times --messages times --size must be at most ${mostBytes} bytes, not ${total}`,
		);
	}

	return plan;
}
