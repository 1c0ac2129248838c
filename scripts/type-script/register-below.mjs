/**
 * In place of register.mjs where tests run compiled, see compile-tests.mjs: a process or thread has the hooks if it begins with a .ts
 * file, or with none. For what a test starts as it was started itself.
 */
import process from 'node:process';

if (process.argv[1]?.endsWith('.ts') !== false) await import('./register.mjs');
