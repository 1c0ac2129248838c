import {clientUsage, parseClientArguments} from './client-arguments.js';
import {download} from './download/download.js';
import {runMain} from '../shared/arguments.js';
import {formatBytes} from '../shared/units.js';

async function main(args: string[]): Promise<void> {
	const options = parseClientArguments(args);
	if (options === undefined) {
		process.stdout.write(clientUsage);
		return;
	}

	const {output, size, digest} = await download(options);
	process.stdout.write(`saved ${output}: ${formatBytes(size)}, SHA-256 ${digest}\n`);
}

// Ctrl-C needs no handler: what has been written stays in the part, which is good up to its last byte.
await runMain(main);
