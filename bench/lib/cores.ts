import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';

/** Where server and load run. */
export interface Cores {
	/** For the heading. */
	readonly description: string;
	/** Goes before the command. */
	readonly server: readonly string[];
	readonly load: readonly string[];
}

/** '0-2,5' becomes [0, 1, 2, 5]. */
function parseCpuList(list: string): number[] {
	return list.split(',').flatMap(part => {
		const [first = NaN, last = first] = part.split('-').map(Number);
		return Array.from({length: last - first + 1}, (_, index) => first + index);
	});
}

function allowedCpus(): number[] {
	const list = /^Cpus_allowed_list:\s*(\S+)$/mu.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
	return list === undefined ? [] : parseCpuList(list);
}

/** Each on a core of its own, if there are two and `taskset` is there. */
export function chooseCores(): Cores {
	const [serverCpu, loadCpu] = allowedCpus();
	const unpinned = {server: [], load: []};
	if (serverCpu === undefined || loadCpu === undefined) {
		return {...unpinned, description: 'one core only: server and load share it, so that throughput says little'};
	}
	if (spawnSync('taskset', ['--version'], {stdio: 'ignore'}).status !== 0) {
		return {...unpinned, description: 'not pinned, as there is no taskset (package util-linux)'};
	}
	return {
		description: `server on core ${serverCpu}, load on core ${loadCpu}`,
		server: ['taskset', '-c', String(serverCpu)],
		load: ['taskset', '-c', String(loadCpu)],
	};
}
