/** Import cycles at run time: what is only a type is gone by then and does not count. */
import type {Problem} from './problem.js';
import {resolveRelative, type ParsedModule} from './ts-imports.js';

interface Edge {
	readonly target: string;
	readonly line: number;
}

/** One problem for every import that closes a circle, on the first path that finds it. */
export function checkCycles(modules: readonly ParsedModule[]): Problem[] {
	const graph = buildGraph(modules);
	const finished = new Set<string>();
	const problems: Problem[] = [];

	const visit = (file: string, trail: readonly string[]): void => {
		if (finished.has(file)) return;
		const path = [...trail, file];
		for (const {target, line} of graph.get(file) ?? []) {
			const start = path.indexOf(target);
			if (start === -1) visit(target, path);
			else problems.push({file, line, rule: 'no-cycles', message: [...path.slice(start), target].join(' -> ')});
		}
		finished.add(file);
	};

	for (const file of graph.keys()) visit(file, []);
	return problems;
}

function buildGraph(modules: readonly ParsedModule[]): Map<string, Edge[]> {
	const known = new Set(modules.map(module => module.path));
	return new Map(
		modules.map(({path: file, imports}) => {
			const edges = imports.flatMap(item => {
				const target = item.typeOnly ? undefined : resolveRelative(item);
				return target !== undefined && known.has(target) ? [{target, line: item.line}] : [];
			});
			return [file, edges];
		}),
	);
}
