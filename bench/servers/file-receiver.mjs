// The load of the file scenario: receives the file again and again, checks every byte of it by its SHA-256, and reads the server's CPU time.
import {createHash} from 'node:crypto';
import {readdirSync, readFileSync} from 'node:fs';
import {connect} from 'node:net';
import {performance} from 'node:perf_hooks';
import {parseArgs} from 'node:util';

const receiveBytes = 1024 * 1024;
const nanosecondsPerSecond = 1e9;
const msPerSecond = 1000;

const {values} = parseArgs({
	options: {
		port: {type: 'string'},
		'server-pid': {type: 'string'},
		sha256: {type: 'string'},
		seconds: {type: 'string'},
		warmup: {type: 'string'},
	},
});

/** User and system time of all threads, in seconds: what /proc/PID/stat shows, in nanoseconds instead of ticks. */
function serverCpu() {
	const folder = `/proc/${values['server-pid']}/task`;
	const onCore = thread => Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0]);
	return readdirSync(folder).reduce((sum, thread) => sum + onCore(thread), 0) / nanosecondsPerSecond;
}

/** One whole file; resolves to its bytes. */
function receive() {
	const buffer = Buffer.allocUnsafeSlow(receiveBytes);
	const hash = createHash('sha256');
	return new Promise((resolve, reject) => {
		const onread = {buffer, callback: length => hash.update(buffer.subarray(0, length)) !== undefined};
		const socket = connect({port: Number(values.port), host: '127.0.0.1', onread});
		socket.on('error', reject);
		socket.on('end', () => {
			if (hash.digest('hex') === values.sha256) resolve(socket.bytesRead);
			else reject(new Error('What arrived is not the file'));
		});
	});
}

/** Whole files until the time is over, at least one. */
async function receiveFor(seconds) {
	const end = performance.now() + seconds * msPerSecond;
	let bytes = 0;
	do bytes += await receive();
	while (performance.now() < end);
	return bytes;
}

await receiveFor(Number(values.warmup));
const cpu = serverCpu();
const start = performance.now();
const bytes = await receiveFor(Number(values.seconds));
const seconds = (performance.now() - start) / msPerSecond;
console.log(JSON.stringify({bytes, seconds, serverCpuSeconds: serverCpu() - cpu}));
