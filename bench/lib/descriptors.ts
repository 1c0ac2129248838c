import {readFile} from 'node:fs/promises';

// Beside the connections: what a runtime opens for itself.
const spareDescriptors = 200;

/** Says what is in the way if a process cannot hold so many connections. */
export async function descriptorShortage(connections: number): Promise<string | undefined> {
	const limits = await readFile('/proc/self/limits', 'utf8');
	const hardLimit = Number(/^Max open files\s+\S+\s+(\d+)/mu.exec(limits)?.[1] ?? Infinity);
	const needed = connections + spareDescriptors;
	if (hardLimit >= needed) return undefined;
	return `${needed} descriptors are needed, the hard limit is ${hardLimit} (ulimit -Hn)`;
}
