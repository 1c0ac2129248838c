import {readdirSync, readFileSync, readlinkSync} from 'node:fs';

const listenState = '0A';
const acceptsFlag = '00010000';

export interface Listening {
	readonly tcpPorts: readonly number[];
	readonly unix: boolean;
}

/** Where a process listens, as the kernel tells it; nothing for a process that has ended. */
export function listeningOf(pid: number): Listening {
	const inodes = socketsOf(pid);
	// The tables hold what every process has, and ten thousands of rows after a busy test.
	if (inodes.size === 0) return {tcpPorts: [], unix: false};
	const tcpPorts = ['tcp', 'tcp6'].flatMap(table =>
		rowsOf(table).flatMap(([, local = '', , state, , , , , , inode = '']) => {
			if (state !== listenState || !inodes.has(inode)) return [];
			return [Number.parseInt(local.slice(local.indexOf(':') + 1), 16)];
		}),
	);
	const unix = rowsOf('unix').some(([, , , flags, , , inode = '']) => flags === acceptsFlag && inodes.has(inode));
	return {tcpPorts, unix};
}

function rowsOf(table: string): string[][] {
	return readFileSync(`/proc/net/${table}`, 'utf8')
		.trimEnd()
		.split('\n')
		.slice(1)
		.map(row => row.trim().split(/\s+/u));
}

function socketsOf(pid: number): Set<string> {
	const folder = `/proc/${pid}/fd`;
	const targets = orNothing(() => readdirSync(folder)).flatMap(fd =>
		orNothing(() => [readlinkSync(`${folder}/${fd}`)]),
	);
	return new Set(targets.flatMap(target => /^socket:\[(?<inode>\d+)\]$/u.exec(target)?.groups?.['inode'] ?? []));
}

/** The process, or a descriptor of it, may be gone by the time we look. */
function orNothing(read: () => string[]): string[] {
	try {
		return read();
	} catch {
		return [];
	}
}
