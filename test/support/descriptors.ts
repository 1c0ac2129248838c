/** The descriptors of this process, before and after a file's tests. */
import {readdirSync, readlinkSync} from 'node:fs';
import type {TestFn} from 'ava';
import {nextTurn} from './wait.js';

const mostMs = 5000;

/** What each descriptor leads to. */
function descriptors(): Map<string, string> {
	const found = new Map<string, string>();
	for (const name of readdirSync('/proc/self/fd')) {
		try {
			found.set(name, readlinkSync(`/proc/self/fd/${name}`));
		} catch {
			// The one that listed the directory.
		}
	}

	return found;
}

/** Number of descriptors that are open now. */
export function descriptorCount(): number {
	return descriptors().size;
}

/** Number of descriptors that lead to this file. */
export function descriptorsOf(path: string): number {
	return [...descriptors().values()].filter(target => target === path).length;
}

/** When all tests of this file are over, it has as many descriptors open as before. */
export function checkDescriptors(test: TestFn): void {
	let before = new Map<string, string>();
	test.before(() => {
		before = descriptors();
	});
	test.after.always('every descriptor has been closed', async t => {
		const end = performance.now() + mostMs;
		while (descriptors().size > before.size && performance.now() < end) await nextTurn();
		const left = [...descriptors()].filter(([name, target]) => before.get(name) !== target);
		t.true(
			descriptors().size <= before.size,
			`left open: ${left.map(([name, target]) => `${name} -> ${target}`).join(', ')}`,
		);
	});
}
