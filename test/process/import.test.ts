import {fileURLToPath} from 'node:url';
import test from 'ava';
import {Child} from '../support/process-child.js';

interface Told {
	readonly code?: string;
	readonly message?: string;
	readonly type?: string;
}

test('importing on another platform throws ERR_UNSUPPORTED_PLATFORM, and says which', async t => {
	const preload = fileURLToPath(new URL('fixtures/another-platform.mjs', import.meta.url));
	const child = Child.start(t, 'import', [], {execArgv: ['--import', preload]});
	const {code, message} = await child.next<Told>();
	t.is(code, 'ERR_UNSUPPORTED_PLATFORM');
	t.regex(message ?? '', /Linux/u);
	t.regex(message ?? '', /darwin/u);
});

test('importing alone neither keeps the process alive nor says anything', async t => {
	const child = Child.start(t, 'import');
	t.deepEqual(await child.next<Told>(), {type: 'function'});
	t.like(await child.exited, {code: 0});
	t.is(child.stderr, '');
});
