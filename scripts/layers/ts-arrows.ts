/** The arrows between the TypeScript folders: examples, bench -> the package by name -> src/index -> src/* -> src/internal. */
import {builtinModules} from 'node:module';
import type {Problem} from './problem.js';
import {isTest} from './source-tree.js';
import {resolveRelative, type Import, type ParsedModule} from './ts-imports.js';

const packageNames = new Set(['cotcp', 'cotcp/codec', 'cotcp/reactor']);
const entries = new Set(['src/index.ts', 'src/codec/index.ts', 'src/reactor/index.ts']);
/** What the library exists to do without. */
const replacedModules = new Set(['net', 'tls', 'dgram']);
const builtins = new Set(builtinModules);

/** Objects to the import, or says nothing. */
type Rule = (item: Import, target: string | undefined) => readonly [rule: string, message: string] | undefined;

const leaf: Rule = ({specifier}) => ['errors-leaf', `src/errors.ts is a leaf: it must not import '${specifier}'`];

const internal: Rule = ({specifier}, target) => {
	if (target === undefined || target === 'src/errors.ts' || target.startsWith('src/internal/')) return undefined;
	return ['internal-arrows', `src/internal may import src/errors and src/internal only, not '${specifier}'`];
};

const source: Rule = ({specifier}, target) => {
	if (target === undefined) return undefined;
	if (!target.startsWith('src/')) return ['src-arrows', `src must not import '${specifier}' from outside src`];
	if (entries.has(target)) return ['src-arrows', `'${specifier}' is an entry for users; src imports the file itself`];
	return undefined;
};

const noReplacedModule: Rule = ({specifier, typeOnly}) => {
	if (typeOnly || !replacedModules.has(bareName(specifier))) return undefined;
	return ['no-node-net', `src must not be built on '${specifier}' (import type is allowed)`];
};

const builtinsOnly: Rule = ({specifier}, target) => {
	if (target !== undefined || specifier.startsWith('node:') || builtins.has(specifier)) return undefined;
	return ['src-dependencies', `src needs nothing but Node's own modules, not '${specifier}'`];
};

const byPackageName: Rule = ({file, specifier}, target) => {
	const folder = file.startsWith('bench/') ? 'bench/' : 'examples/';
	if (target !== undefined && !target.startsWith(folder)) {
		return ['package-name', `${folder} imports the library by its name 'cotcp', not '${specifier}'`];
	}
	if (bareName(specifier).startsWith('cotcp') && !packageNames.has(specifier)) {
		return ['package-name', `'${specifier}' is no entry of the package`];
	}
	return undefined;
};

/** The rules that bind a file. */
function rulesFor(file: string): Rule[] {
	if (isTest(file)) return [];
	if (file === 'src/errors.ts') return [leaf];
	if (file.startsWith('src/internal/')) return [internal, noReplacedModule, builtinsOnly];
	if (file.startsWith('src/')) return [source, noReplacedModule, builtinsOnly];
	return /^(?:examples|bench)\//u.test(file) ? [byPackageName] : [];
}

export function checkArrows(modules: readonly ParsedModule[]): Problem[] {
	return modules.flatMap(({path: file, imports}) => {
		const rules = rulesFor(file);
		return imports.flatMap(item => {
			const objections = rules.map(rule => rule(item, resolveRelative(item)));
			return objections.flatMap(found =>
				found ? [{file, line: item.line, rule: found[0], message: found[1]}] : [],
			);
		});
	});
}

/** Only src/internal loads the addon; an entry re-exports and does nothing else. */
export function checkModules(modules: readonly ParsedModule[]): Problem[] {
	return modules.flatMap(({path: file, addonLoads, ownStatements}): Problem[] => {
		const loads = file.startsWith('src/') && !file.startsWith('src/internal/') ? addonLoads : [];
		const own = entries.has(file) ? ownStatements : [];
		const loading = 'only src/internal may load the addon';
		const doing = 'an entry holds re-exports (export ... from) and nothing else';
		return [
			...loads.map(line => ({file, line, rule: 'addon-loader', message: loading})),
			...own.map(line => ({file, line, rule: 'entry-re-exports', message: doing})),
		];
	});
}

function bareName(specifier: string): string {
	return specifier.replace(/^node:/u, '');
}
