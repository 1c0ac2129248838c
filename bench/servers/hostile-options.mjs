import {setImmediate as nextRound} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';

const maxMs = 3_600_000;

/** The command line of a server that has to endure hostile peers. Exits with 2 and a message for what cannot be meant. */
export function readHostileOptions(about) {
	const usage = `${about}\n\n  --stall MS  stallTimeout\n  --frame MS  frameTimeout\n\nEach line on stdin is answered by one of JSON: how many connections each limit has ended, and the bytes of the flood; after a collection of all garbage if the line is 'collect'.\n`;
	try {
		const {values} = parseArgs({
			options: {
				stall: {type: 'string'},
				frame: {type: 'string'},
				help: {type: 'boolean', default: false},
			},
		});
		if (values.help) {
			process.stdout.write(usage);
			process.exit(0);
		}
		return {stallTimeout: toMs('--stall', values.stall), frameTimeout: toMs('--frame', values.frame)};
	} catch (error) {
		console.error(error.message);
		process.exit(2);
	}
}

function toMs(name, text = '') {
	const value = Number(text);
	if (!(value > 0 && value <= maxMs))
		throw new RangeError(`${name} takes more than 0, at most ${maxMs}, not '${text}'`);
	return value;
}

/** What peers that never read are sent, again and again. */
export const floodChunk = Buffer.alloc(64 * 1024, 'never read ');

/** The lines that the runner waits for: where frames are answered, and where everybody is flooded. */
export function announceBoth(frames, flood) {
	console.log(`listening on 127.0.0.1:${frames.address.port}`);
	console.log(`flooding on 127.0.0.1:${flood.address.port}`);
	process.stdin.on('data', async line => {
		if (String(line).trim() === 'collect') await collect();
		const both = [frames.stats, flood.stats];
		const sum = limit => both.reduce((total, {ended}) => total + ended[limit], 0);
		const ended = {stallTimeout: sum('stallTimeout'), frameTimeout: sum('frameTimeout')};
		console.log(JSON.stringify({ended, flooded: flood.stats.bytesWritten}));
	});
}

/** Twice: what the first one finds may have held more. */
async function collect() {
	setFlagsFromString('--expose-gc');
	const gc = runInNewContext('gc');
	gc();
	await nextRound();
	gc();
}
