import type {Step} from './run-step.js';

const npm = (script: string, limitMinutes: number, hasTests: boolean): Step => ({
	name: script === 'test' ? 'npm test' : `npm run ${script}`,
	command: ['npm', 'run', '--silent', script],
	limitMinutes,
	hasTests,
});

/**
 * What has to hold before anything is merged, the quickest answer first. `npm ci` has run before. The steps of a round run at once, so
 * that no core waits for another.
 */
export const rounds: ReadonlyArray<readonly Step[]> = [
	[npm('lint', 5, false), npm('test:native:tsan', 5, true), npm('test:asan:build', 5, false)],
	[npm('test', 14, true)],
	[npm('test:asan:gate', 7, true)],
	[npm('demo', 3, false), npm('docs', 3, false), npm('test:readme', 3, true)],
];
