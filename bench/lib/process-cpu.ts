import {readdirSync, readFileSync} from 'node:fs';

const nanosecondsPerSecond = 1e9;

/** User and system time of all threads, in seconds: what /proc/PID/stat shows, in nanoseconds instead of ticks. */
export function cpuSecondsOf(pid: number): number {
	const folder = `/proc/${pid}/task`;
	const onCore = (thread: string) => Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0]);
	return readdirSync(folder).reduce((sum, thread) => sum + onCore(thread), 0) / nanosecondsPerSecond;
}
