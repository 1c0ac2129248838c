/**
 * TypeScript for the tests: `node --import ./scripts/type-script/register.mjs FILE`. It does what tsx does for this project, in
 * half the time, because what has been compiled once is kept. Users run the examples with tsx, and some tests do so, too.
 */
import {register} from 'node:module';

process.setSourceMapsEnabled(true);
register('./hooks.mjs', import.meta.url);
