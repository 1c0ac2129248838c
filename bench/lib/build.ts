import {spawnSync} from 'node:child_process';
import {buildFolder, root} from './paths.js';

function run(args: string[]): void {
	const {status, stdout, stderr, error} = spawnSync('cmake', args, {cwd: root, encoding: 'utf8'});
	if (error) throw new Error(`cmake could not be started: ${error.message}`, {cause: error});
	if (status !== 0) throw new Error(`cmake ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

/** The load generator and the bare C server, optimised, in a build folder of their own. */
export function buildPrograms(): void {
	run(['-S', '.', '-B', buildFolder, '-DCMAKE_BUILD_TYPE=Release']);
	run(['--build', buildFolder, '--target', 'bench_programs']);
}
