/** Loads what `threads.module` names, and runs its threadInit. */
import type {ThreadInfo} from './thread-types.js';

interface Exports {
	readonly default?: unknown;
	readonly threadInit?: ((thread: ThreadInfo) => unknown) | undefined;
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
	onLoaded();
	await exports.threadInit?.(thread);
	return checked;
}

/** Compiled to CommonJS, a module's exports are the default export of what import() gives. */
function withoutWrapping(exports: Exports): Exports {
	const inner = exports.default;
	return typeof inner === 'object' && inner !== null && '__esModule' in inner ? (inner as Exports) : exports;
}
