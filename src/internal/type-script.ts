/**
 * TypeScript in worker threads. On Node 20 `--import tsx` acts on the main thread only: tsx registers its hooks there, and a worker
 * would not load a .ts file. So a worker that such a process starts registers them for itself, before anything else.
 */
import {createRequire} from 'node:module';
import path from 'node:path';
import {pathToFileURL} from 'node:url';

/** From here on Node has hooks that hold for all threads. */
const firstMajorWithSharedHooks = 22;

const bootstrap = `
import {register} from 'node:module';
import {workerData} from 'node:worker_threads';
register(workerData.hooks, {parentURL: workerData.entry, data: true});
await import(workerData.entry);
`;

/** What `new Worker` takes to run `entry`, and what its workerData needs for that. */
export function workerSource(entry: URL): {
	readonly source: URL;
	readonly data: {hooks: string; entry: string} | undefined;
} {
	const hooks = tsxHooks();
	if (hooks === undefined) return {source: entry, data: undefined};
	return {
		source: new URL(`data:text/javascript,${encodeURIComponent(bootstrap)}`),
		data: {hooks, entry: entry.href},
	};
}

/** The URL of tsx's hooks if this process runs with them, and if workers would not have them by themselves. */
function tsxHooks(): string | undefined {
	if (Number(process.versions.node.split('.', 1)[0]) >= firstMajorWithSharedHooks) return undefined;
	for (const imported of importedAtStart()) {
		if (imported === 'tsx' || imported === 'tsx/esm') {
			// As Node resolves it: from the current directory.
			const from = createRequire(path.join(process.cwd(), 'here.js'));
			return pathToFileURL(from.resolve('tsx/esm')).href;
		}

		// What the command `tsx` itself passes.
		if (imported.endsWith('/tsx/dist/loader.mjs')) return new URL('esm/index.mjs', toUrl(imported)).href;
	}

	return undefined;
}

/** The modules of `--import`. */
function importedAtStart(): string[] {
	const words = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/u)];
	return words.flatMap((word, index) => {
		if (word.startsWith('--import=')) return [word.slice('--import='.length)];
		return word === '--import' ? [words[index + 1] ?? ''] : [];
	});
}

function toUrl(imported: string): URL {
	return imported.startsWith('file:') ? new URL(imported) : pathToFileURL(imported);
}
