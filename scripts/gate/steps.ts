import type {Step} from './run-step.js';

const npm = (script: string, limitMinutes: number, hasTests: boolean): Step => ({
	name: script === 'test' ? 'npm test' : `npm run ${script}`,
	command: ['npm', 'run', '--silent', script],
	limitMinutes,
	hasTests,
});

/** What has to hold before anything is merged, the quickest answer first. `npm ci` has run before. */
export const steps: readonly Step[] = [
	npm('lint', 3, false),
	npm('test', 10, true),
	npm('test:native:tsan', 3, true),
	npm('test:asan:gate', 7, true),
	npm('demo', 3, false),
	npm('test:readme', 2, true),
	npm('docs', 2, false),
];
