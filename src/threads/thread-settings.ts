/** The option `threads`: checked, with its defaults filled in. */
import type {BlockList} from 'node:net';
import {availableParallelism} from 'node:os';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {checkInteger, checkOptionsObject, checkWord, invalidArgType, optional} from '../validate.js';
import type {ThreadOptions} from './thread-types.js';

/** {@link ThreadOptions}, checked. */
export interface ThreadSettings {
	readonly count: number;
	/** What import() takes. */
	readonly module: string;
	readonly dispatch: 'round-robin' | 'reuseport';
	/** A clone: what the caller does with the original does not reach threads that start later. */
	readonly data: unknown;
}

const moduleProtocols: ReadonlySet<string> = new Set(['file:', 'data:']);

/** `socketPath`: of the server, if it listens on a unix socket. `blockList`: its own, which goes to the threads as well. */
export function normalizeThreads(
	threads: unknown,
	socketPath: string | undefined,
	blockList: BlockList | undefined,
): ThreadSettings {
	const {count, module, dispatch, data} = checkOptionsObject('threads', threads as ThreadOptions) ?? {};
	const settings: ThreadSettings = {
		count: optional(count, value => checkInteger('threads.count', value, 0), availableParallelism()),
		module: checkModule(module),
		dispatch: optional(
			dispatch,
			value => checkWord('threads.dispatch', value, ['round-robin', 'reuseport']),
			'round-robin' as const,
		),
		data: cloneOf('threads.data', 'a value that structuredClone takes', data),
	};
	if (settings.dispatch === 'reuseport' && socketPath !== undefined)
		throw invalidArgType('threads.dispatch', "'round-robin' for a unix socket", dispatch);
	const expected = 'a BlockList of node:net where there are "threads", which get a clone of it';
	// A clone of one that only looks like it would have lost its methods.
	const clone = cloneOf('blockList', expected, blockList) as BlockList | undefined;
	if (clone !== undefined && typeof clone.check !== 'function')
		throw invalidArgType('blockList', expected, blockList);
	return settings;
}

function checkModule(value: unknown): string {
	if (value instanceof URL && moduleProtocols.has(value.protocol)) return value.href;
	if (typeof value === 'string' && (path.isAbsolute(value) || /^\.\.?\//u.test(value)))
		return pathToFileURL(path.resolve(value)).href;
	const expected = "a file: or data: URL, an absolute path, or a relative path that begins with './' or '../'";
	throw invalidArgType('threads.module', expected, value);
}

/** As the threads get it. @throws TypeError for what cannot be cloned */
export function cloneOf(name: string, expected: string, value: unknown): unknown {
	try {
		return structuredClone(value);
	} catch {
		throw invalidArgType(name, expected, value);
	}
}
