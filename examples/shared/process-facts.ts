/** What the kernel tells of a process, for tests. */
import {readdir, readFile, readlink} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';

/** Descriptors of sockets. Others belong to Node. */
export async function countSockets(pid: number): Promise<number> {
	const folder = `/proc/${pid}/fd`;
	const links = await Promise.all(
		(await readdir(folder)).map(async name => readlink(join(folder, name)).catch(() => '')),
	);
	return links.filter(link => link.startsWith('socket:')).length;
}

/** Resolves when the process has so many; the test's own time limit ends a wait in vain. */
export async function socketsAre(pid: number, count: number): Promise<void> {
	while ((await countSockets(pid)) !== count) await delay(5);
}

/** `VmRSS` now, `VmHWM` the most so far: bytes. */
export async function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
}
