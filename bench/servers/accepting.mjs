// Ends every connection as soon as it has come: what is left is the price of accepting and closing.
import {URL} from 'node:url';
import {parseArgs} from 'node:util';
import {listen} from 'cotcp';
import end from './accept-handler.mjs';
import {announce} from './common.mjs';

const usage = `Accepts connections and ends them at once.

  --threads N   hands them to so many worker threads; 0 (default): this loop alone
  --help
`;
const mostThreads = 64;

function readThreads() {
	const {values} = parseArgs({options: {threads: {type: 'string', default: '0'}, help: {type: 'boolean'}}});
	if (values.help) {
		process.stdout.write(usage);
		process.exit(0);
	}
	const count = Number(values.threads);
	if (!/^\d+$/u.test(values.threads) || count > mostThreads)
		throw new RangeError(`--threads takes 0 to ${mostThreads}, not '${values.threads}'`);
	return count;
}

let count;
try {
	count = readThreads();
} catch (error) {
	console.error(error.message);
	process.exit(2);
}
const place = {port: 0, host: '127.0.0.1'};
const module = new URL('accept-handler.mjs', import.meta.url);
const server = await (count === 0 ? listen(place, end) : listen({...place, threads: {count, module}}));
announce(server.address.port);
