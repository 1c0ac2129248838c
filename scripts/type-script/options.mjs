/** How esbuild compiles TypeScript for the tests. */
export const options = {
	loader: 'ts',
	format: 'esm',
	target: 'node20',
	sourcemap: 'inline',
	sourcesContent: false,
	tsconfigRaw: {compilerOptions: {verbatimModuleSyntax: true, useDefineForClassFields: true, target: 'ES2023'}},
};
