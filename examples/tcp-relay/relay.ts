import type {SocketAddress} from 'cotcp';
import {runMain} from '../shared/arguments.js';
import {messageOf} from '../shared/errors.js';
import {formatAddress} from '../shared/address.js';
import {startCoroutineRelay} from './coroutine-relay.js';
import {startReactorRelay} from './reactor-relay.js';
import {parseRelayArguments, relayUsage, type StyleName} from './relay-arguments.js';
import type {Relay, RelayOptions} from './relay-style.js';

const styles: Readonly<Record<StyleName, (options: RelayOptions) => Promise<Relay>>> = {
	coroutine: startCoroutineRelay,
	reactor: startReactorRelay,
};

function report(error: unknown, client: SocketAddress | undefined): void {
	const who = client === undefined ? 'relay' : formatAddress(client);
	process.stderr.write(`${who}: ${messageOf(error)}\n`);
}

async function main(args: string[]): Promise<void> {
	const parsed = parseRelayArguments(args);
	if (parsed === undefined) {
		process.stdout.write(relayUsage);
		return;
	}

	const {style, listenOn, target} = parsed;
	const relay = await styles[style]({listenOn, target, report});
	// Once: whoever does not want to wait for it sends a second signal, which kills.
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void relay.stop());
	process.stdout.write(`listening on ${formatAddress(relay.address)}\n`);
}

await runMain(main);
