import {mkdtempSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {spawnSync} from 'node:child_process';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {checkLayers} from '../../scripts/layers/check.js';

type Tree = Readonly<Record<string, string>>;

const command = path.resolve(import.meta.dirname, '../../scripts/check-layers.ts');
/** In pieces, so that this file passes the rule that it tests. */
const shared = ['..', 'shared'].join('/');

/** A small project that keeps every rule. */
const clean: Tree = {
	'src/index.ts': "export {listen} from './listen.js';\nexport type {Options} from './options.js';\n",
	'src/listen.ts':
		"import type {Socket} from 'node:net';\nimport {native} from './internal/addon.js';\nimport './errors.js';\nexport const listen = (socket: Socket) => native(socket);\n",
	'src/options.ts': "import type {listen} from './listen.js';\nexport type Options = typeof listen;\n",
	'src/errors.ts': 'export class TcpError extends Error {}\n',
	'src/internal/addon.ts':
		"import {createRequire} from 'node:module';\nimport '../errors.js';\nexport const native = createRequire(import.meta.url)('../../build/Release/cotcp.node');\n",
	'examples/echo/server.ts':
		"import {listen} from 'cotcp';\nimport '../common.js';\nimport 'cotcp/codec';\nlisten();\n",
	'examples/common.ts': 'export {};\n',
	'examples/echo/test/server.test.ts': "import '../../../src/listen.js';\n",
	'bench/run.ts': "import {listen} from 'cotcp';\nlisten();\n",
	'test/listen.test.ts': `import net from 'node:net';\nimport '../src/internal/addon.js';\nnet;\n${'\n'.repeat(400)}`,
	'native/core/base/clock.h': '#include <time.h>\n#include <cstdint>\n',
	'native/core/base/clock.cc': '#include "core/base/clock.h"\n#include <sys/socket.h>\n',
	'native/core/loop/epoll.cc': '#include <sys/epoll.h>\n#include "clock2.h"\n#include "core/base/clock.h"\n',
	'native/core/loop/clock2.h': '/*\n#include <uv.h>\n*/\n// #include <uv.h>\n',
	'native/core/loop/timers.cc': '#include <sys/timerfd.h>\n',
	'native/core/tcp/connection.cc': '#include "core/loop/clock2.h"\n#include "core/base/clock.h"\n',
	'native/binding/pump.cc': '#include <napi.h>\n#include <uv.h>\n#include "core/tcp/plane.h"\n',
	'native/test/epoll_test.cc': '#include <sys/epoll.h>\n#include "core/tcp/plane.h"\n',
	'node_modules/other/index.ts': "import net from 'node:net';\n",
	'package-lock.json': '{"resolved": "file:local"}\n',
};

function write(t: ExecutionContext, tree: Tree): string {
	const root = mkdtempSync(path.join(tmpdir(), 'check-layers-'));
	t.teardown(() => rmSync(root, {recursive: true}));
	for (const [file, text] of Object.entries(tree)) {
		mkdirSync(path.join(root, path.dirname(file)), {recursive: true});
		writeFileSync(path.join(root, file), text);
	}

	return root;
}

/** The clean tree with a few files changed breaks exactly these rules: `file:line [rule]`. */
const breaks = test.macro((t, changes: Tree, ...expected: string[]) => {
	const {problems} = checkLayers(write(t, {...clean, ...changes}));
	const found = problems.map(({file, line, rule}) => `${file}:${line} [${rule}]`);
	t.deepEqual(found, expected, JSON.stringify(problems, undefined, '\t'));
});

test('a clean tree has no problems', breaks, {});

test('errors.ts imports nothing', breaks, {'src/errors.ts': "import 'node:util';\n"}, 'src/errors.ts:1 [errors-leaf]');
test(
	'internal imports nothing but errors and internal, not even a type',
	breaks,
	{
		'src/internal/loop.ts':
			"import '../errors.js';\nimport './addon.js';\nimport type {Options} from '../options.js';\n",
	},
	'src/internal/loop.ts:3 [internal-arrows]',
);
test(
	'src imports nothing from outside src',
	breaks,
	{'src/timers.ts': "export {x} from '../scripts/x.js';\n"},
	'src/timers.ts:1 [src-arrows]',
);
test(
	'src does not import an entry',
	breaks,
	{'src/timers.ts': "import type {Options} from './index.js';\n"},
	'src/timers.ts:1 [src-arrows]',
);
test(
	'src imports no package, not even itself',
	breaks,
	{'src/timers.ts': "import 'node:fs';\nimport 'fs';\nimport 'left-pad';\nimport 'cotcp';\n"},
	'src/timers.ts:3 [src-dependencies]',
	'src/timers.ts:4 [src-dependencies]',
);
test(
	'nothing in src is built on node:net, tls or dgram, however it is imported',
	breaks,
	{
		'src/timers.ts':
			"import {connect} from 'node:net';\nexport * from 'tls';\nawait import('node:dgram');\nprocess.getBuiltinModule('net');\nimport type {Server} from 'node:net';\nlet a: import('net').Server;\n",
		'src/internal/x.ts': "import net = require('net');\n",
	},
	'src/internal/x.ts:1 [no-node-net]',
	'src/timers.ts:1 [no-node-net]',
	'src/timers.ts:2 [no-node-net]',
	'src/timers.ts:3 [no-node-net]',
	'src/timers.ts:4 [no-node-net]',
);
test(
	'only internal loads the addon',
	breaks,
	{
		'src/timers.ts':
			"import {createRequire} from 'node:module';\nprocess.dlopen({exports: {}}, 'x');\nimport('../build/cotcp.node');\n",
	},
	'src/timers.ts:3 [src-arrows]',
	'src/timers.ts:1 [addon-loader]',
	'src/timers.ts:2 [addon-loader]',
	'src/timers.ts:3 [addon-loader]',
);
test(
	'an entry only re-exports',
	breaks,
	{'src/codec/index.ts': "export {x} from './x.js';\nexport const y = 1;\n"},
	'src/codec/index.ts:2 [entry-re-exports]',
);
test(
	'examples and bench know the library by its name only',
	breaks,
	{
		'examples/echo/server.ts':
			"import '../../src/index.js';\nimport 'cotcp/internal/addon';\nimport 'cotcp/reactor';\n",
		'bench/run.ts': "await import('../dist/index.js');\nimport '../examples/common.js';\n",
	},
	'bench/run.ts:1 [package-name]',
	'bench/run.ts:2 [package-name]',
	'examples/echo/server.ts:1 [package-name]',
	'examples/echo/server.ts:2 [package-name]',
);

test(
	'an import cycle is found, through a re-export and a dynamic import too',
	breaks,
	{
		'src/a.ts': "import './b.js';\n",
		'src/b.ts': "export * from './c.js';\n",
		'src/c.ts': "\nawait import('./a.js');\n",
	},
	'src/c.ts:2 [no-cycles]',
);
test(
	'two cycles through one file are two problems',
	breaks,
	{
		'src/a.ts': "import './b.js';\nimport './c.js';\n",
		'src/b.ts': "import './a.js';\n",
		'src/c.ts': "import './a.js';\n",
	},
	'src/b.ts:1 [no-cycles]',
	'src/c.ts:1 [no-cycles]',
);
test('a cycle of types is none', breaks, {
	'src/a.ts': "import type {B} from './b.js';\nexport type {B} from './b.js';\n",
	'src/b.ts': "import './a.js';\n",
});

test(
	'native arrows point to the right only',
	breaks,
	{
		'native/core/base/a.h': '#include "core/loop/clock2.h"\n#include "core/tcp/b.h"\n',
		'native/core/loop/b.h': '#  include "core/tcp/plane.h"\n#include "core/base/clock.h"\n',
		'native/core/tcp/b.h': '#include "../../binding/pump.h"\n#include "core/loop/clock2.h"\n',
		'native/binding/pump.h': '#include "test/harness.h"\n',
	},
	'native/binding/pump.h:1 [native-arrows]',
	'native/core/base/a.h:1 [native-arrows]',
	'native/core/base/a.h:2 [native-arrows]',
	'native/core/loop/b.h:1 [native-arrows]',
	'native/core/tcp/b.h:1 [native-arrows]',
);
test(
	'the core knows nothing of Node and of other libraries',
	breaks,
	{
		'native/core/base/a.h':
			'#include <node_api.h>\n#include "napi.h"\n#include <v8.h>\n#include <zlib.h>\n#include <boost/x.hpp>\n',
		'native/test/a_test.cc': '#include <node.h>\n',
	},
	'native/core/base/a.h:1 [no-node-in-core]',
	'native/core/base/a.h:2 [no-node-in-core]',
	'native/core/base/a.h:3 [no-node-in-core]',
	'native/core/base/a.h:4 [native-arrows]',
	'native/core/base/a.h:5 [native-arrows]',
	'native/test/a_test.cc:1 [no-node-in-core]',
);
test(
	'the binding knows Node-API, not Node or V8',
	breaks,
	{'native/binding/a.cc': '#include <node_api.h>\n#include <v8.h>\n#include <node.h>\n'},
	'native/binding/a.cc:2 [no-node-in-core]',
	'native/binding/a.cc:3 [no-node-in-core]',
);
test(
	'a folder of native/ that is no layer is refused',
	breaks,
	{'native/core/http/a.h': '\n', 'native/b.h': '\n'},
	'native/b.h:0 [native-folders]',
	'native/core/http/a.h:0 [native-folders]',
);
test(
	'epoll, timerfd and uv appear in one file each',
	breaks,
	{
		'native/core/tcp/a.cc': '#include <sys/epoll.h>\n#include <sys/timerfd.h>\n',
		'native/binding/z.cc': '\n#include <uv.h>\n',
	},
	'native/core/tcp/a.cc:1 [one-file-only]',
	'native/core/tcp/a.cc:2 [one-file-only]',
	'native/binding/z.cc:2 [one-file-only]',
);
test(
	'epoll, timerfd and uv in no file is a problem too, once there are sources',
	breaks,
	{'native/core/loop/epoll.cc': '\n', 'native/core/loop/timers.cc': '\n', 'native/binding/pump.cc': '\n'},
	'native/core/loop/:0 [one-file-only]',
	'native/core/loop/:0 [one-file-only]',
	'native/binding/:0 [one-file-only]',
);

test(
	'a file of src or native has at most 300 lines',
	breaks,
	{
		'src/a.ts': '\n'.repeat(301),
		'src/b.ts': '\n'.repeat(300),
		'native/core/tcp/a.h': `${'\n'.repeat(300)}//`,
		'native/test/a_test.cc': '\n'.repeat(301),
	},
	'native/core/tcp/a.h:0 [file-length]',
	'src/a.ts:0 [file-length]',
);
test(
	'nothing refers to what lies beside the project, or on one machine',
	breaks,
	{
		'docs/a.md': `see ${shared}/x.json\n`,
		'src/a.ts': `\nconst file = '${['', 'work', 'main', 'x'].join('/')}';\n`,
		'.ci/run': `cd ${['', 'home', 'me'].join('/')}\n`,
	},
	'.ci/run:1 [machine-paths]',
	'docs/a.md:1 [machine-paths]',
	'src/a.ts:2 [machine-paths]',
);
test('a folder of the project may be called shared, work or home', breaks, {
	'src/codec/a.ts': `import '${shared}/b.js';\nimport '${['..', 'work'].join('/')}/c.js';\n// https://example.org/home/x\n`,
	'src/shared/b.ts': '\n',
});
test(
	'the lockfile names no registry',
	breaks,
	{'package-lock.json': '{\n"resolved": "https://registry.example/x.tgz"\n}\n'},
	'package-lock.json:2 [lockfile]',
);

for (const [title, changes, status, line] of [
	['exits 0 for a clean tree', {}, 0, /, 0 problems$/mu],
	[
		'prints each problem and exits 1',
		{'src/errors.ts': "import './x.js';\n"},
		1,
		/^src\/errors\.ts:1 \[errors-leaf\] .*x\.js/mu,
	],
] as const) {
	test(`the command ${title}`, t => {
		const root = write(t, {...clean, ...changes});
		const result = spawnSync(process.execPath, ['--import=./scripts/type-script/register.mjs', command, root], {
			encoding: 'utf8',
		});
		t.is(result.status, status);
		t.regex(result.stdout + result.stderr, line);
	});
}
