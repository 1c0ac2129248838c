import {checkIncludes} from './cpp-arrows.js';
import {checkCycles} from './cycles.js';
import type {Problem} from './problem.js';
import {isCpp, isTypeScript, readSourceTree} from './source-tree.js';
import {checkLength, checkLockfile, checkPaths} from './texts.js';
import {checkArrows, checkModules} from './ts-arrows.js';
import {parseModule} from './ts-imports.js';

export interface LayerReport {
	readonly typeScriptFiles: number;
	readonly cppFiles: number;
	readonly problems: readonly Problem[];
}

/** Holds the project below `root` against the rules of the house. */
export function checkLayers(root: string): LayerReport {
	const files = readSourceTree(root);
	const modules = files.filter(({path}) => isTypeScript(path)).map(parseModule);
	return {
		typeScriptFiles: modules.length,
		cppFiles: files.filter(({path}) => isCpp(path)).length,
		problems: [
			...checkArrows(modules),
			...checkModules(modules),
			...checkCycles(modules),
			...checkIncludes(files),
			...checkLength(files),
			...checkPaths(files),
			...checkLockfile(files),
		],
	};
}
