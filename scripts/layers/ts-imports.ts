/** What a TypeScript file imports, as the compiler's own parser sees it. */
import path from 'node:path';
import ts from 'typescript';
import type {SourceFile} from './source-tree.js';

export interface Import {
	readonly file: string;
	readonly line: number;
	readonly specifier: string;
	/** true: gone at run time (`import type`, `export type`, `import('x').T`). */
	readonly typeOnly: boolean;
}

export interface ParsedModule {
	readonly path: string;
	readonly imports: readonly Import[];
	/** Lines that can load an addon: `createRequire`, `process.dlopen`, a path that ends in `.node`. */
	readonly addonLoads: readonly number[];
	/** Lines of top-level statements that are no `export ... from`. */
	readonly ownStatements: readonly number[];
}

export function parseModule({path: file, text}: SourceFile): ParsedModule {
	const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
	const imports: Import[] = [];
	const addonLoads: number[] = [];
	const lineOf = (node: ts.Node): number => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;

	const visit = (node: ts.Node): void => {
		const found = importOf(node);
		if (found !== undefined) imports.push({file, line: lineOf(node), ...found});
		if (loadsAddon(node)) addonLoads.push(lineOf(node));
		ts.forEachChild(node, visit);
	};
	visit(source);

	const ownStatements = source.statements.filter(statement => !isReExport(statement)).map(lineOf);
	return {path: file, imports, addonLoads, ownStatements};
}

function importOf(node: ts.Node): {specifier: string; typeOnly: boolean} | undefined {
	if (ts.isImportDeclaration(node)) {
		return named(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
	}
	if (ts.isExportDeclaration(node)) return named(node.moduleSpecifier, node.isTypeOnly);
	if (ts.isExternalModuleReference(node)) return named(node.expression, node.parent.isTypeOnly);
	if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return named(node.argument.literal, true);
	if (ts.isCallExpression(node) && isLoadingCall(node.expression)) return named(node.arguments[0], false);
	return undefined;
}

function named(specifier: ts.Node | undefined, typeOnly: boolean): {specifier: string; typeOnly: boolean} | undefined {
	if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return undefined;
	return {specifier: specifier.text, typeOnly};
}

/** `import(...)`, `require(...)`, `process.getBuiltinModule(...)`. */
function isLoadingCall(callee: ts.Expression): boolean {
	if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
	if (ts.isPropertyAccessExpression(callee)) return callee.name.text === 'getBuiltinModule';
	return ts.isIdentifier(callee) && callee.text === 'require';
}

function loadsAddon(node: ts.Node): boolean {
	if (ts.isIdentifier(node)) return node.text === 'createRequire' || node.text === 'dlopen';
	return ts.isStringLiteralLike(node) && node.text.endsWith('.node');
}

function isReExport(statement: ts.Statement): boolean {
	return ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;
}

/** The project's file behind a relative specifier (`./x.js` is `./x.ts`), whether it exists or not. */
export function resolveRelative({file, specifier}: Import): string | undefined {
	if (!/^\.{1,2}(?:\/|$)/u.test(specifier)) return undefined;
	const target = path.posix.join(path.posix.dirname(file), specifier);
	return target.replace(/\.(m?)js$/u, '.$1ts');
}
