import {performance} from 'node:perf_hooks';
import {parseArgs} from 'node:util';

const maxPort = 65_535;
const maxBurnMs = 10_000;

/** Exits with 2 and a message for what cannot be meant. */
export function readOptions(about) {
	const usage = `${about}\n\n  --port N   0 to ${maxPort}; 0 (default) lets the kernel choose\n  --burn MS  CPU time burnt per message (default 0)\n`;
	try {
		const {values} = parseArgs({
			options: {
				port: {type: 'string', default: '0'},
				burn: {type: 'string', default: '0'},
				help: {type: 'boolean', default: false},
			},
		});
		if (values.help) {
			process.stdout.write(usage);
			process.exit(0);
		}
		return {port: toNumber('--port', values.port, maxPort), burnMs: toNumber('--burn', values.burn, maxBurnMs)};
	} catch (error) {
		console.error(error.message);
		process.exit(2);
	}
}

function toNumber(name, text, max) {
	const value = Number(text);
	if (text === '' || !(value >= 0 && value <= max)) throw new RangeError(`${name} takes 0 to ${max}, not '${text}'`);
	return value;
}

/** Uses the CPU, as a handler with work to do would. */
export function burn(ms) {
	const end = performance.now() + ms;
	while (performance.now() < end);
}

/** The line that the runner waits for. */
export function announce(port) {
	console.log(`listening on 127.0.0.1:${port}`);
}
