import {parseServerArguments, serverUsage, type ServerArguments} from './server-arguments.js';
import {startCoroutineServer} from './servers/coroutine.js';
import {formatAddress, type FileServer} from './servers/file-server.js';
import {startReactorServer} from './servers/reactor.js';
import {runMain} from '../shared/arguments.js';
import {openRegularFile} from './shared/regular-file.js';
import {checkFitsBuffer} from './shared/whole-file.js';

/** Better refused now than by resetting every client. Each connection looks again: the file may change meanwhile. */
async function checkFile({path, mode}: ServerArguments): Promise<void> {
	const {handle, facts} = await openRegularFile(path);
	await handle.close();
	if (mode === 'whole') checkFitsBuffer(path, facts.size);
}

/** The first Ctrl-C lets transfers finish. A second one, like SIGTERM, kills: then unfinished clients see a reset. */
function finishOnInterrupt(server: FileServer): void {
	process.once('SIGINT', () => {
		process.stderr.write(`closing; ${server.transfers} transfers go on, interrupt again to cut them\n`);
		server.finish();
	});
}

async function main(args: string[]): Promise<void> {
	const parsed = parseServerArguments(args);
	if (parsed === undefined) {
		process.stdout.write(serverUsage);
		return;
	}

	await checkFile(parsed);
	const server = await (parsed.style === 'reactor' ? startReactorServer(parsed) : startCoroutineServer(parsed));
	finishOnInterrupt(server);
	process.stdout.write(`listening on ${formatAddress(server.address)}\n`);
}

await runMain(main);
