/** The only loader of the addon. */
import {createRequire} from 'node:module';
import {fileURLToPath} from 'node:url';
import type {Native} from './native.js';

function unsupported(reason: string, cause?: unknown): Error {
	return Object.assign(new Error(`cotcp cannot run here: ${reason}`, {cause}), {code: 'ERR_UNSUPPORTED_PLATFORM'});
}

function load(): Native {
	if (process.platform !== 'linux') throw unsupported(`it needs Linux, and this is ${process.platform}`);
	// COTCP_ADDON: another build of the same addon, such as one with sanitizers.
	const path =
		process.env['COTCP_ADDON'] ?? fileURLToPath(new URL('../../build/Release/cotcp.node', import.meta.url));
	try {
		return createRequire(import.meta.url)(path) as Native;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ERR_TCP_LOAD')
			throw unsupported((error as Error).message, error);
		throw unsupported(
			`its native part does not load (${(error as Error).message}); "npm run build:native" builds it`,
			error,
		);
	}
}

export const native: Native = load();
