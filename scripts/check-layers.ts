/** `npm run lint:layers [-- FOLDER]`: prints every broken rule of the house; exit 1 if there is one. */
import path from 'node:path';
import process from 'node:process';
import {checkLayers} from './layers/check.js';
import {showProblem} from './layers/problem.js';

const root = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, '..'));
const {typeScriptFiles, cppFiles, problems} = checkLayers(root);
for (const problem of problems) console.error(showProblem(problem));
console.log(`check-layers: ${typeScriptFiles} TypeScript and ${cppFiles} C++ files, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
