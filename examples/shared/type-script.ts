/** How a program starts another one that is written in TypeScript: as it was started itself. */
import path from 'node:path';
import process from 'node:process';
import {pathToFileURL} from 'node:url';

/** Arguments of node; they hold whatever the current directory of the child is. */
export const typeScriptArguments: readonly string[] = ['--import', loader(process.execArgv)];

/** What the README says, with which a program of the examples can always be started. */
export const documentedArguments: readonly string[] = ['--import', import.meta.resolve('tsx')];

function loader(execArgv: readonly string[]): string {
	for (const [index, word] of execArgv.entries()) {
		const imported =
			word === '--import' ? execArgv[index + 1] : /^--import=(?<imported>.+)$/u.exec(word)?.groups?.['imported'];
		if (imported?.startsWith('.') === true) return pathToFileURL(path.resolve(imported)).href;
		if (imported !== undefined) return path.isAbsolute(imported) ? imported : import.meta.resolve(imported);
	}

	return import.meta.resolve('tsx');
}
