/** Loads what `threads.module` names, and runs its threadInit. */
import {invalidArgType} from '../validate.js';
import type {ThreadInfo} from './thread-types.js';

interface Exports {
	readonly default?: unknown;
	readonly threadInit?: unknown;
}

/** The default export, checked by `check`. Rejects with whatever went wrong. `onLoaded` is called ahead of threadInit. */
export async function loadModule<Default>(
	module: string,
	check: (exported: unknown) => Default,
	thread: ThreadInfo,
	onLoaded: () => void = () => {},
): Promise<Default> {
	const exports = withoutWrapping((await import(module)) as Exports);
	const checked = check(exports.default);
	const init = checkInit(exports.threadInit);
	onLoaded();
	await init?.(thread);
	return checked;
}

function checkInit(exported: unknown): ((thread: ThreadInfo) => unknown) | undefined {
	if (exported !== undefined && typeof exported !== 'function')
		throw invalidArgType('threads.module', 'a module whose export threadInit is a function or absent', exported);
	return exported as ((thread: ThreadInfo) => unknown) | undefined;
}

/** Compiled to CommonJS, a module's exports are the default export of what import() gives. */
function withoutWrapping(exports: Exports): Exports {
	const inner = exports.default;
	return typeof inner === 'object' && inner !== null && '__esModule' in inner ? (inner as Exports) : exports;
}
