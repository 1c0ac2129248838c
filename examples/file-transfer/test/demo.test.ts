import {readdir} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import test from 'ava';
import {run} from './support.js';

test('the demo transfers a file in every mode and style and cleans up', async t => {
	const leftovers = async () => (await readdir(tmpdir())).filter(name => name.startsWith('cotcp-demo-'));
	const before = await leftovers();
	const {code, stdout, stderr} = await run('demo.ts', ['--size', '1']);
	t.is(code, 0, stderr);
	const reactor = ['whole, reactor', 'chunked, reactor', 'owned, reactor'];
	for (const mode of ['whole', 'chunked', 'owned', 'sendfile', ...reactor, 'framed']) {
		t.regex(stdout, new RegExp(`^${mode} +\\d+\\.\\d\\d +\\d+ +\\d+ MiB +\\d+ MiB$`, 'm'));
	}

	t.deepEqual(await leftovers(), before);
});

test('the demo refuses a size of 0', async t => {
	const {code, stderr} = await run('demo.ts', ['--size', '0']);
	t.is(code, 2);
	t.regex(stderr, /--size must be an integer from 1 to 65536, not '0'/);
});
