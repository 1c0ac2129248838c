import js from '@eslint/js';
import {defineConfig} from 'eslint/config';
import tseslint from 'typescript-eslint';

const typeScript = ['**/*.ts', '**/*.mts'];
const tests = ['test/**', 'examples/**/test/**'];

export default defineConfig(
	{
		// test/types is checked by tsd: it holds what must not compile.
		ignores: ['build/', 'build-*/', 'dist/', 'coverage/', 'docs/api/', 'test/types/'],
	},
	{linterOptions: {reportUnusedDisableDirectives: 'error'}},
	js.configs.recommended,
	{
		rules: {
			eqeqeq: 'error',
			'max-lines': ['error', 300],
			'no-console': 'off',
			'no-implicit-globals': 'error',
			'no-var': 'error',
			'object-shorthand': 'error',
			'prefer-const': 'error',
			'prefer-object-has-own': 'error',
		},
	},
	{
		files: ['**/*.js', '**/*.mjs'],
		languageOptions: {
			globals: {console: 'readonly', process: 'readonly', Buffer: 'readonly', setTimeout: 'readonly'},
		},
	},
	{
		files: typeScript,
		extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
		languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: import.meta.dirname}},
		rules: {
			'@typescript-eslint/array-type': ['error', {default: 'array-simple'}],
			'@typescript-eslint/consistent-type-exports': 'error',
			'@typescript-eslint/consistent-type-imports': ['error', {fixStyle: 'inline-type-imports'}],
			'@typescript-eslint/explicit-module-boundary-types': 'error',
			'@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
			'@typescript-eslint/no-empty-function': 'off',
			'@typescript-eslint/no-floating-promises': 'error',
			// `import {type X}` alone would still run the module under verbatimModuleSyntax.
			'@typescript-eslint/no-import-type-side-effects': 'error',
			'@typescript-eslint/no-unused-vars': ['error', {argsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_'}],
			// Its advice, x!, is what no-non-null-assertion forbids; `as number` names the type that an index has.
			'@typescript-eslint/non-nullable-type-assertion-style': 'off',
			'@typescript-eslint/prefer-for-of': 'off',
			// An abort rejects with the signal's reason unchanged, which may be anything.
			'@typescript-eslint/prefer-promise-reject-errors': ['error', {allowThrowingUnknown: true}],
			'@typescript-eslint/prefer-readonly': 'error',
			'@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true, allowBoolean: true}],
			'@typescript-eslint/switch-exhaustiveness-check': ['error', {considerDefaultExhaustiveForUnions: true}],
		},
	},
	{
		files: ['src/**/*.ts'],
		rules: {'max-lines-per-function': ['error', {max: 60}], 'no-console': 'error'},
	},
	{
		files: tests,
		rules: {
			'max-lines': 'off',
			// A handler is async even where a test's has nothing to wait for.
			'@typescript-eslint/require-await': 'off',
		},
	},
);
